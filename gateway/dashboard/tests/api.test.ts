import { expect, test, vi } from "vitest";
import { forPeople, me, problemOf, whoAmI, whom } from "../src/api";
import { bytes, thisBrowser } from "../src/push";

test("people are told what happened, not which call a program would make", () => {
  expect(forPeople("Address or password is wrong. POST /v1/password-resets helps.")).toBe("Address or password is wrong.");
  const said = JSON.stringify({ title: "Address not confirmed", detail: "Send the token to POST /v1/accounts/confirmation." });
  expect(problemOf(403, said).message).toBe("Address not confirmed");
});

test.each(["<html>", "null", ""])("an answer that is no problem is told by its status: %s", (text) => {
  expect(problemOf(502, text).message).toBe("The gateway answered 502.");
});

test("a key in base64 for URLs is bytes", () => {
  expect([...bytes("-_8B")]).toEqual([251, 255, 1]);
});

test("a browser has a name that people know", () => {
  expect(thisBrowser("Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36")).toBe("Chrome on Android");
  expect(thisBrowser("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")).toBe("Safari on iPhone");
  expect(thisBrowser("curl/8")).toBe("Browser");
});

test("who is signed in is asked once for all who want to know, and trouble says nothing of it", async () => {
  const answers = [new Response("busy", { status: 503 }), new Response("{}", { status: 401 })];
  const fetched = vi.fn(async () => answers.shift() as Response);
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", { baseURI: "http://127.0.0.1/" });
  me.value = { user_id: "u", email: "a@example.org", tier: "free", csrf_token: "t", second_factors: [] };
  await Promise.all([whoAmI(), whoAmI()]);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(whom.value).toBe("u");
  await whoAmI();
  expect(whom.value).toBeNull();
  vi.unstubAllGlobals();
});
