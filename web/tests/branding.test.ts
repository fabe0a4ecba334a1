import { describe, expect, it } from "vitest";
import type { Branding } from "../src/api/types";
import { contrast, enough, luminance } from "../src/contrast";
import { accentsOf, rulesOf } from "../src/state/branding";
import { palettes } from "../src/theme";

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
    expect(accentsOf(branding, "dark")).toMatchObject({ accent: "#ffd400", accentSoft: "#2b2600" });
    expect(rulesOf(branding)).toMatch(
      /\[data-mantine-color-scheme="dark"\]\{--vs-accent:#ffd400;.*--vs-scale-5:#/,
    );
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

const hostile = {
  yellow: "#ffff00",
  gold: "#ffd400",
  cyan: "#00ffff",
  lime: "#00ff00",
  magenta: "#ff00ff",
  red: "#ff0000",
  blue: "#0000ff",
  brown: "#663300",
  "mid grey": "#808080",
  "light grey": "#c0c0c0",
  "nearly white": "#fffffe",
  white: "#ffffff",
  "nearly black": "#000100",
  black: "#000000",
};
const schemes = ["light", "dark"] as const;
const scaleOf = (from: Record<`scale${1 | 2 | 3 | 4 | 5}`, string>) =>
  ([1, 2, 3, 4, 5] as const).map((step) => from[`scale${step}`]);

/** As a server would say it that fits nothing: the accent itself as text, and a background with much of it. */
function unfitted(accent: string, scheme: "light" | "dark") {
  const all = { accent_on_light: accent, accent_on_dark: accent, soft_light: accent, soft_dark: accent };
  const found = accentsOf({ ...branding, accent, ...all }, scheme);
  if (!found) throw new Error(`${accent} is a colour`);
  return found;
}

describe.each(schemes)("whatever colour a tenant chose, in the %s scheme", (scheme) => {
  const own = palettes[scheme];

  it.each(Object.entries(hostile))("%s can be read as text and carries text", (_name, colour) => {
    const found = unfitted(colour, scheme);
    for (const surface of [own.page, own.surface, own.raised, own.sunken, found.accentSoft]) {
      expect(contrast(found.accent, surface)).toBeGreaterThanOrEqual(enough);
      expect(contrast(found.accentText, surface)).toBeGreaterThanOrEqual(enough);
    }
    expect(contrast(found.onAccent, found.accent)).toBeGreaterThanOrEqual(enough);
    for (const text of [own.text, own.muted]) {
      expect(contrast(text, found.accentSoft)).toBeGreaterThanOrEqual(enough);
    }
  });

  it.each(Object.entries(hostile))("%s makes steps as far apart as the product's own", (_name, colour) => {
    const designed = scaleOf(own);
    for (const [at, step] of scaleOf(unfitted(colour, scheme)).entries()) {
      expect(luminance(step)).toBeCloseTo(luminance(designed[at] ?? ""), 2);
    }
  });

  it("the product's own are held to the same", () => {
    for (const surface of [own.page, own.surface, own.raised, own.sunken, own.accentSoft]) {
      expect(contrast(own.accentText, surface)).toBeGreaterThanOrEqual(enough);
    }
    expect(contrast(own.onAccent, own.accent)).toBeGreaterThanOrEqual(enough);
    expect(contrast(own.muted, own.accentSoft)).toBeGreaterThanOrEqual(enough);
  });
});

describe("contrast", () => {
  it("is that of WCAG", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    expect(contrast("#4f46c8", "#4f46c8")).toBe(1);
  });
});
