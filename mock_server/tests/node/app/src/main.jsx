import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { createList, signIn, signOut } from "./api.js";

const EMPTY = { name: "", type: "person", icpId: "", startDate: "2024-01-01", endDate: "2024-03-31", ids: "" };

function App() {
  const [lists, setLists] = useState([]);
  const [error, setError] = useState(null);
  const attempt = async (work) => {
    setError(null);
    try {
      await work();
    } catch (found) {
      setError(found);
    }
  };
  return (
    <main>
      <h1>Lead lists</h1>
      <Session attempt={attempt} />
      <Form attempt={attempt} error={error} created={(list) => setLists((before) => [...before, list])} />
      {error && <p role="alert">{error.message}</p>}
      <ul aria-label="Lists">
        {lists.map((list) => (
          <li key={list.id}>
            {list.name} ({list.type}, {list.personIds.length + list.companyIds.length} leads, by {list.userIds.join(", ")})
          </li>
        ))}
      </ul>
    </main>
  );
}

function Session({ attempt }) {
  const [user, setUser] = useState(null);
  const choose = (name) =>
    attempt(async () => {
      await (name ? signIn(name) : signOut());
      setUser(name);
    });
  return (
    <p>
      <button onClick={() => choose("user_abc123")}>Sign in as Ben</button>
      <button onClick={() => choose(null)}>Sign out</button>
      {user && <span>Signed in as {user}</span>}
    </p>
  );
}

function Form({ attempt, error, created }) {
  const [form, setForm] = useState(EMPTY);
  const [isSaving, setSaving] = useState(false);
  const field = (name, label, type = "text") => (
    <label>
      {label} <input type={type} value={form[name]} aria-invalid={Boolean(error?.fields[name])}
        onChange={(event) => setForm({ ...form, [name]: event.target.value })} />
      {error?.fields[name] && <em>{error.fields[name]}</em>}
    </label>
  );
  const save = (event) => {
    event.preventDefault();
    setSaving(true);
    const ids = form.ids.split(",").map((each) => each.trim()).filter(Boolean);
    const isCompany = form.type === "company";
    const { ids: _, ...rest } = form;
    const list = { ...rest, icpId: form.icpId || null, personIds: isCompany ? [] : ids, companyIds: isCompany ? ids : [] };
    attempt(async () => created(await createList(list))).finally(() => setSaving(false));
  };
  return (
    <form onSubmit={save}>
      {field("name", "Name")}
      <label>
        Type{" "}
        <select value={form.type} onChange={(event) => setForm({ ...form, type: event.target.value })}>
          <option>person</option>
          <option>company</option>
        </select>
      </label>
      {field("icpId", "ICP")}
      {field("startDate", "Start")}
      {field("endDate", "End")}
      {field("ids", "Leads")}
      <button disabled={isSaving}>{isSaving ? "Saving" : error && !Object.keys(error.fields).length ? "Try again" : "Create"}</button>
    </form>
  );
}

createRoot(document.getElementById("root")).render(<StrictMode><App /></StrictMode>);
