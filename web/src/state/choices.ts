/** Something that can be picked by typing a part of it. */
export interface Choice {
  key: string;
  label: string;
  /** The heading it stands under. */
  group?: string;
  /** Stands at the end of its line: a count, a key. */
  hint?: string;
  /** Further words it is found by. */
  words?: string;
  act: () => void;
}

/** The choices that hold every typed word, those whose label begins so first; otherwise in their order. */
export function found(choices: Choice[], typed: string): Choice[] {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return choices;
  const rank = ({ label }: Choice) => (label.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  const holds = (choice: Choice) => {
    const text = `${choice.label} ${choice.group ?? ""} ${choice.words ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return choices.filter(holds).sort((a, b) => rank(a) - rank(b));
}

/** Neighbours of one group as sections, so that each heading stands once in a row. */
export function sections(choices: Choice[]): { group: string; choices: Choice[] }[] {
  const groups = new Map<string, Choice[]>();
  for (const choice of choices) {
    const group = choice.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), choice]);
  }
  return [...groups].map(([group, members]) => ({ group, choices: members }));
}
