import { expect, it } from "vitest";
import type { Probe } from "../src/api/probes";
import { draftOf, newDraft, probeOf } from "../src/state/probe";

const probe: Probe = {
  name: "shop",
  kind: "http",
  target: "https://shop.example.com",
  settings: {
    connectivity: false,
    headers: { "X-Key": "env:SHOP_KEY" },
    max_bytes: 500,
    expect_status: ["200-299", 401],
    json: [
      { path: "/status", op: "not_equals", value: "unhealthy" },
      { path: "/n", op: "above", value: 3 },
      { path: "/old", op: "absent", value: null },
      { path: "/word", op: "equals", value: "3" },
    ],
    verify: true,
  },
  interval_seconds: 60,
  timeout_seconds: 5,
  fail_after: 3,
  ok_after: 2,
  enabled: true,
  origin: "user",
  status: "up",
  since: null,
  last: null,
  availability_24h: null,
  certificate_days: null,
};

it("shows a probe in the form and sends the same back", () => {
  const sent = probeOf(draftOf(probe), probe.settings);
  expect(sent).toMatchObject({ name: "shop", target: "https://shop.example.com", interval_seconds: 60 });
  expect(sent.settings).toEqual({
    headers: { "X-Key": "env:SHOP_KEY" },
    max_bytes: 500,
    expect_status: ["200-299", 401],
    json: [
      { path: "/status", op: "not_equals", value: "unhealthy" },
      { path: "/n", op: "above", value: 3 },
      { path: "/old", op: "absent" },
      { path: "/word", op: "equals", value: "3" },
    ],
  });
});

it("leaves out what stays empty, so that the server's defaults hold", () => {
  expect(probeOf({ ...newDraft, name: " shop ", target: "https://shop.example.com" })).toEqual({
    name: "shop",
    kind: "http",
    target: "https://shop.example.com",
    settings: {},
    enabled: true,
  });
});

it("sends what is no number as it was typed: the server says what is accepted", () => {
  const draft = { ...newDraft, interval: "often", settings: { max_response_ms: "fast" } };
  expect(probeOf(draft)).toMatchObject({ interval_seconds: "often", settings: { max_response_ms: "fast" } });
});
