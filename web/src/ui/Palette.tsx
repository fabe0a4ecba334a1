import { Modal, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useValues } from "../api/queries";
import { integer } from "../format";
import type { Choice } from "../state/choices";
import { rangePresets } from "../state/range";
import { comparisons, filterLabels, filterNames } from "../state/search";
import { hasRange, shared, useView } from "../state/view";
import { comparisonWords } from "./CompareMenu";
import { valueLabel } from "./FilterMenu";
import { Picker } from "./Picker";
import { alertTabs, creations, pages } from "./pages";

interface Props {
  opened: boolean;
  onClose: () => void;
  onKeyboardMap: () => void;
}

/** Everything that can be done, by typing a part of its name. */
export function Palette({ opened, onClose, onKeyboardMap }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      title="Search"
      classNames={{ header: "visually-hidden" }}
      size={560}
      yOffset="10dvh"
      padding={12}
    >
      <Commands onClose={onClose} onKeyboardMap={onKeyboardMap} />
    </Modal>
  );
}

function Commands({ onClose, onKeyboardMap }: Omit<Props, "opened">) {
  const [typed, setTyped] = useState("");
  const { error, choices } = useCommands(typed.trim(), onKeyboardMap);
  return (
    <Picker
      label="Go to, filter, or do"
      placeholder="A page, range, filter, client, or a prediction's id"
      choices={choices}
      note={error ? `Values of filters could not be loaded. ${error.message}` : null}
      onType={setTyped}
      onPick={onClose}
    />
  );
}

function useCommands(typed: string, onKeyboardMap: () => void): { choices: Choice[]; error: Error | null } {
  const view = useView();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const clients = useValues("client", view.range, view.filters, true);
  const countries = useValues("country", view.range, view.filters, typed.length > 1);
  const other = scheme === "dark" ? "light" : "dark";
  const toRanged = (act: () => void) => () => {
    if (!hasRange(window.location.pathname.replace(/^.*\/dashboard/, "") || "/")) {
      void navigate({ to: "/", search: shared }).then(act);
    } else act();
  };
  const choices: Choice[] = [];
  if (/^[0-9a-f]{8}-[0-9a-f-]{4,27}$/i.test(typed)) {
    choices.push({
      key: "id",
      label: `Open prediction ${typed}`,
      words: typed,
      act: () =>
        void navigate({ to: "/predictions", search: (old) => ({ ...shared(old), id: typed.toLowerCase() }) }),
    });
  }
  for (const { to, label, key } of pages) {
    choices.push({
      key: to,
      label,
      group: "Pages",
      hint: `g ${key}`,
      words: "go to page",
      act: () => void navigate({ to, search: shared }),
    });
  }
  for (const { tab, label } of alertTabs.slice(1)) {
    choices.push({
      key: `alerts ${tab}`,
      label: `Alerts: ${label.toLowerCase()}`,
      group: "Pages",
      words: "go to page",
      act: () => void navigate({ to: "/alerts", search: (old) => ({ ...shared(old), tab }) }),
    });
  }
  for (const { code, words } of rangePresets) {
    choices.push({
      key: `range ${code}`,
      label: words,
      group: "Range",
      act: toRanged(() => view.setRange(code)),
    });
  }
  for (const name of comparisons) {
    choices.push({
      key: `compare ${name}`,
      label: `Compare with: ${comparisonWords[name].long.toLowerCase()}`,
      group: "Compare",
      act: toRanged(() => view.setCompare(name)),
    });
  }
  for (const name of filterNames) {
    for (const value of view.filters[name] ?? []) {
      choices.push({
        key: `without ${name} ${value}`,
        label: `Remove ${filterLabels[name].toLowerCase()}: ${valueLabel(name, value)}`,
        group: "Filters",
        act: () => view.removeFilter(name, value),
      });
    }
  }
  for (const outcome of ["real", "fake", "uncertain", "failed"]) {
    choices.push({
      key: `outcome ${outcome}`,
      label: `Only outcome: ${outcome}`,
      group: "Filters",
      act: () => view.addFilter("outcome", outcome),
    });
  }
  for (const [name, values] of [
    ["client", clients.data],
    ["country", countries.data],
  ] as const) {
    for (const { value, count } of values ?? []) {
      choices.push({
        key: `${name} ${value}`,
        label: valueLabel(name, value),
        group: name === "client" ? "Clients" : "Countries",
        hint: integer(count),
        words: `only ${value}`,
        act: () => view.addFilter(name, value),
      });
    }
  }
  for (const { to, label, search } of creations) {
    choices.push({
      key: label,
      label,
      group: "Do",
      words: "create add",
      act: () => void navigate({ to, search: (old) => ({ ...shared(old), ...search }) }),
    });
  }
  choices.push(
    {
      key: "link",
      label: "Copy the link to this view",
      group: "Do",
      words: "share",
      act: () => void navigator.clipboard?.writeText(window.location.href),
    },
    {
      key: "print",
      label: "Print this page",
      group: "Do",
      act: () => window.setTimeout(() => window.print()),
    },
    {
      key: "scheme",
      label: `Switch to ${other} colours`,
      group: "Do",
      words: "theme dark light",
      act: () => setColorScheme(other),
    },
    { key: "keys", label: "Keyboard map", group: "Do", hint: "?", act: onKeyboardMap },
  );
  return { choices, error: clients.error };
}
