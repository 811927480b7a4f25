// client.js BASE KEY FROM TO: makes a call by a client that is generated from the
// description, waits until it is talked, has it end and prints its Bye Reason.
declare const process: { argv: string[] };
import createClient from "openapi-fetch";
import type { paths } from "./generated.js";

const [base, key, from, to] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl: base!, headers: { Authorization: `Bearer ${key}` } });

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const got = await ask();
    if (got !== undefined) return got;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error("it never came");
}

const made = await api.POST("/v1/calls", { body: { from: from!, to: to!, timeout: "20s" } });
if (!made.data) throw new Error(made.error.detail);
const id = made.data.id;
await until(async () => {
  const live = await api.GET("/v1/live");
  return live.data?.calls?.find((call) => call.id === id && call.stage === "talking");
});
const told = await api.POST("/v1/calls/{id}/hangup", { params: { path: { id } } });
if (told.data?.state !== "ending") throw new Error("the hang-up was answered otherwise");
const record = await until(async () => (await api.GET("/v1/calls/{id}", { params: { path: { id } } })).data);
const nobody = await api.GET("/v1/calls/{id}", { params: { path: { id: "call_none" } } });
if (nobody.error?.code !== "call_not_found") throw new Error("a call that never was has been found");
console.log(record.bye_reason);
