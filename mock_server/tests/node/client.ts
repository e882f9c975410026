// Creates a list on the mock through a generated client, and reads two errors.
import { createLeadList } from "./client";
import { createClient } from "./client/client";

declare const process: { argv: string[] };
const [url, token, example] = process.argv.slice(2) as [string, string, string];
const body = JSON.parse(example);
const open = (token: string) =>
  createClient({ baseUrl: url, auth: (login) => (login.scheme === "bearer" ? token : undefined) });

async function main() {
  const answers = [
    await createLeadList({ client: open(token), body }),
    await createLeadList({ client: open(token), body: { ...body, name: 5 } }),
    await createLeadList({ client: open("nobody"), body }),
  ];
  for (const { data, error, response } of answers) {
    const fields = data && { id: data.id, users: data.userIds }; // compiles only if the types know them
    const told = error && { code: error.error.code, details: error.error.details };
    console.log(JSON.stringify({ status: response?.status, data, fields, told }));
  }
}

main();
