/** The calls of the app; VITE_API is where the API is, or nothing where the dev server forwards to it. */
const API = import.meta.env.VITE_API ?? "";

export class ApiError extends Error {
  constructor(status, { message, details = [] }) {
    super(message);
    this.status = status;
    this.fields = Object.fromEntries(details.map((each) => [each.path.split("/")[1] ?? "", each.message]));
  }
}

async function call(path, method, body, headers = {}) {
  let response;
  try {
    response = await fetch(API + path, {
      method,
      credentials: "include",
      headers: { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, { message: "The server cannot be reached" });
  }
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(response.status, { message: "The server sent something that is not JSON" });
  }
  if (!response.ok) throw new ApiError(response.status, value?.error ?? { message: "The server cannot be reached" });
  return value;
}

export const createList = (list) => call("/api/v1/entities/leadlists", "POST", list);
/** In production the sign-in service of the product; the mock replaces it. */
export const signIn = (user) => call("/__mock__/sessions", "POST", { user }, { "X-Mock-Control": "1" });
export const signOut = () => call("/__mock__/sessions", "DELETE", undefined, { "X-Mock-Control": "1" });
