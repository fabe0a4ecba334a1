import { useSyncExternalStore } from "react";
import type { Branding } from "../api/types";
import { base } from "../base";
import type { Palette } from "../theme";

type Accents = Pick<Palette, "accent" | "accentText" | "accentSoft" | "onAccent">;

const storeKey = `verascope${base}-branding`;
const colour = /^#[0-9a-f]{6}$/i;
const watchers = new Set<() => void>();
let current: Branding | null = null;
/** A sheet made by script: no style attribute, no style element, nothing for the content policy to allow. */
let sheet: CSSStyleSheet | null = null;

/** The tenant's accents for a scheme; null where the product's own hold. */
export function accentsOf(branding: Branding | null, scheme: "light" | "dark"): Accents | null {
  if (!branding || branding.is_default) return null;
  const [text, soft] =
    scheme === "light"
      ? [branding.accent_on_light, branding.soft_light]
      : [branding.accent_on_dark, branding.soft_dark];
  if (!colour.test(text) || !colour.test(soft)) return null;
  // What can be read on the scheme's surfaces can carry their colour as text.
  const onAccent = scheme === "light" ? "#ffffff" : "#0c0e12";
  return { accent: text, accentText: text, accentSoft: soft, onAccent };
}

/** The rules that put the accents in force. */
export function rulesOf(branding: Branding | null): string {
  return (["light", "dark"] as const)
    .map((scheme) => {
      const accents = accentsOf(branding, scheme);
      if (!accents) return "";
      const { accent, accentText, accentSoft, onAccent } = accents;
      return `:root[data-mantine-color-scheme="${scheme}"]{--vs-accent:${accent};--vs-accent-text:${accentText};--vs-accent-soft:${accentSoft};--vs-on-accent:${onAccent}}`;
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
