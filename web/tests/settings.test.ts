import { describe, expect, it } from "vitest";
import type { Setting } from "../src/api/settings";
import { listed } from "../src/state/settings";

const setting = (name: string, part: Partial<Setting> = {}): Setting => ({
  name,
  description: `What ${name} is.`,
  type: "text",
  unit: null,
  value: "",
  default: "",
  source: "default",
  where: null,
  is_fixed: false,
  is_editable: false,
  why_not: null,
  accepted: null,
  choices: null,
  is_secret: false,
  updated_at: null,
  updated_by: null,
  ...part,
});

const sections = [
  {
    name: "server",
    label: "Server",
    settings: [
      setting("server.port", { source: "environment", where: "VERASCOPE_SERVER_PORT" }),
      setting("server.host"),
    ],
  },
  {
    name: "pricing",
    label: "Prices",
    settings: [setting("pricing.default_price", { is_editable: true }), setting("pricing.currency")],
  },
];

const found = (looked: string) =>
  listed(sections, looked).map(({ settings }) => settings.map(({ name }) => name));

describe("settings", () => {
  it("begins with what may be changed here", () => {
    expect(found("")).toEqual([
      ["pricing.default_price", "pricing.currency"],
      ["server.port", "server.host"],
    ]);
  });

  it("finds by every word, wherever it stands and however it is written", () => {
    expect(found("PRICE default")).toEqual([["pricing.default_price"]]);
    expect(found("what server.host")).toEqual([["server.host"]]);
    expect(found("Prices")).toEqual([["pricing.default_price", "pricing.currency"]]);
  });

  it("finds what a variable sets", () => {
    expect(found("environment")).toEqual([["server.port"]]);
    expect(found("verascope_server_port")).toEqual([["server.port"]]);
  });

  it("finds nothing when one word is nowhere", () => {
    expect(found("price nowhere")).toEqual([]);
  });
});
