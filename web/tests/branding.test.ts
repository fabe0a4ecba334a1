import { describe, expect, it } from "vitest";
import type { Branding } from "../src/api/types";
import { accentsOf, rulesOf } from "../src/state/branding";

const branding: Branding = {
  name: "Acme",
  accent: "#ffd400",
  accent_on_light: "#7a6500",
  accent_on_dark: "#ffd400",
  soft_light: "#fff9db",
  soft_dark: "#2b2600",
  is_default: false,
};

describe("the tenant's colours", () => {
  it("are those that the server fitted to each scheme", () => {
    expect(accentsOf(branding, "light")).toMatchObject({ accent: "#7a6500", accentSoft: "#fff9db" });
    expect(rulesOf(branding)).toContain('[data-mantine-color-scheme="dark"]{--vs-accent:#ffd400;');
  });

  it("are the product's own when none is set", () => {
    expect(rulesOf({ ...branding, is_default: true })).toBe("");
    expect(rulesOf(null)).toBe("");
  });

  it("never carry anything but a colour into the style sheet", () => {
    const hostile = { ...branding, soft_light: "red}*{display:none" };
    expect(rulesOf(hostile)).not.toContain("display");
  });
});
