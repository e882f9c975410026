/** Reset, seed and export: the state of a world as a whole, and its requests. */

/** @import { Api } from "./api.js" */

import { Refused } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { ask, attempt, inWords, tell } from "./notice.js";
import { counted, short } from "./showing.js";

/** @param {Api} api @param {() => string} world The name of the one looked at. */
export function stateButtons(api, world) {
  byId("reset", HTMLElement).addEventListener("click", () =>
    attempt(async () => {
      const lost = "Its lead lists, requests and faults are lost; snapshots stay.";
      if (!(await ask(`Reset the world ${short(world())} to its start? ${lost}`, "Reset"))) return;
      await api.post("reset");
      tell(`World ${short(world())} is as at the start`);
    }),
  );
  byId("export", HTMLElement).addEventListener("click", () =>
    attempt(async () => {
      const exported = await api.get("lists");
      save(`leadlists-${world()}.json`, JSON.stringify(exported, null, 1));
      tell(`${counted(exported.lists.length, "lead list")} exported`);
    }),
  );
  byId("archive", HTMLElement).addEventListener("click", () =>
    attempt(async () => {
      const archive = await api.get("har");
      save(`requests-${world()}.har`, JSON.stringify(archive, null, 1));
      tell(`${counted(archive.log.entries.length, "request")} saved`);
    }),
  );
  seeding(api);
}

/** @param {string} name @param {string} text */
function save(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** @param {Api} api */
function seeding(api) {
  const dialog = byId("seeding", HTMLDialogElement);
  const file = byId("seeding-file", HTMLInputElement);
  const text = byId("seeding-text", HTMLTextAreaElement);
  const wrong = byId("seeding-error", HTMLElement);
  byId("seed", HTMLElement).addEventListener("click", () => {
    fill(wrong);
    dialog.showModal();
  });
  byId("seeding-cancel", HTMLElement).addEventListener("click", () => dialog.close());
  file.addEventListener("change", () =>
    attempt(async () => {
      text.value = (await file.files?.[0]?.text()) ?? "";
    }),
  );
  byId("seeding-form", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(wrong);
    try {
      const stored = await api.put("lists", JSON.parse(text.value));
      dialog.close();
      text.value = file.value = "";
      tell(`${counted(stored.lists.length, "lead list")} stored`);
    } catch (error) {
      // Next to the text to fix, not under the dialog.
      fill(wrong, ...(error instanceof SyntaxError ? [el("p", {}, `This is not JSON: ${error.message}`)] : inWords(error)));
      if (!(error instanceof Refused)) text.focus();
    }
  });
}
