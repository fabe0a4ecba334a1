import type { Setting, Settings } from "../api/settings";

type Section = Settings["sections"][number];

/** What may be changed while running first; each section's settings that have every word somewhere, in any order. */
export function listed(sections: readonly Section[], looked: string): Section[] {
  const words = looked.toLowerCase().split(/\s+/).filter(Boolean);
  const place = ({ settings }: Section) => (settings.some(({ is_editable }) => is_editable) ? 0 : 1);
  return sections
    .toSorted((a, b) => place(a) - place(b))
    .map((section) => {
      const fits = (setting: Setting) => {
        const text = textOf(section, setting);
        return words.every((word) => text.includes(word));
      };
      return { ...section, settings: section.settings.filter(fits) };
    })
    .filter(({ settings }) => settings.length > 0);
}

/** All that can be looked for: also where a value comes from, so that "environment" or a variable finds what it fixes. */
function textOf({ label }: Section, setting: Setting): string {
  const { name, description, source, where, why_not } = setting;
  const origin = source === "default" ? [why_not] : [source, where, why_not];
  return [label, name, description, ...origin].join(" ").toLowerCase();
}
