import { useSyncExternalStore } from "react";
import type { Branding } from "../api/types";
import { base } from "../base";
import { darkened, lightened, luminance, readable, withLuminance } from "../contrast";
import { type Palette, palettes, variables } from "../theme";

const steps = ["scale1", "scale2", "scale3", "scale4", "scale5"] as const;

type Accents = Pick<Palette, "accent" | "accentText" | "accentSoft" | "onAccent" | (typeof steps)[number]>;

const storeKey = `verascope${base}-branding`;
const colour = /^#[0-9a-f]{6}$/i;
const watchers = new Set<() => void>();
let current: Branding | null = null;
/** A sheet made by script: no style attribute, no style element, nothing for the content policy to allow. */
let sheet: CSSStyleSheet | null = null;

/**
 * The tenant's accents for a scheme; null where the product's own hold. What the server fitted is kept where it can be
 * read on every surface; the steps of the maps are as light as the product's own, so that each differs as much from the next.
 */
export function accentsOf(branding: Branding | null, scheme: "light" | "dark"): Accents | null {
  if (!branding || branding.is_default) return null;
  const isLight = scheme === "light";
  const [text, soft] = isLight
    ? [branding.accent_on_light, branding.soft_light]
    : [branding.accent_on_dark, branding.soft_dark];
  if (!colour.test(text) || !colour.test(soft)) return null;
  const own = palettes[scheme];
  const accentSoft = (isLight ? lightened : darkened)(soft, [own.muted, own.text]);
  const surfaces = [own.page, own.surface, own.raised, own.sunken, accentSoft];
  const accent = (isLight ? darkened : lightened)(text, surfaces);
  const hue = colour.test(branding.accent) ? branding.accent : accent;
  const scale = steps.map((step) => [step, withLuminance(hue, luminance(own[step]))]);
  return {
    accent,
    accentText: accent,
    accentSoft,
    onAccent: readable(accent, ["#ffffff", "#0c0e12"]),
    ...(Object.fromEntries(scale) as Pick<Palette, (typeof steps)[number]>),
  };
}

/** The rules that put the accents in force. */
export function rulesOf(branding: Branding | null): string {
  return (["light", "dark"] as const)
    .map((scheme) => {
      const rules = Object.entries(variables(accentsOf(branding, scheme) ?? {}));
      if (rules.length === 0) return "";
      return `:root[data-mantine-color-scheme="${scheme}"]{${rules.map((rule) => rule.join(":")).join(";")}}`;
    })
    .join("");
}

export function setBranding(branding: Branding | null): void {
  if (JSON.stringify(branding) === JSON.stringify(current)) return;
  current = branding;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(rulesOf(branding));
  try {
    localStorage.setItem(storeKey, JSON.stringify(branding));
  } catch {
    // Without storage the colour comes a second later.
  }
  for (const watcher of watchers) watcher();
}

/** Puts what the last visit knew in force, before anything is drawn. */
export function recallBranding(): void {
  try {
    const known = localStorage.getItem(storeKey);
    if (known) setBranding(JSON.parse(known) as Branding);
  } catch {
    // What can't be read is asked for anyway.
  }
}

export function useBranding(): Branding | null {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
}
