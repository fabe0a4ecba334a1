import type { SqlParameter } from "../api/sql";
import explore from "../pages/explore.module.css";
import form from "./form.module.css";

interface Props {
  /** Those in the query, in order. */
  names: string[];
  known: SqlParameter[];
  given: Map<string, string>;
  onChange: (name: string, value: string) => void;
  onRun: () => void;
}

/** The query's parameters as a form: values are bound, never pasted into the text. */
export function SqlParameters({ names, known, given, onChange, onRun }: Props) {
  if (names.length === 0) return null;
  return (
    <form
      className={explore.parameters}
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      {names.map((name) => {
        const declared = known.find((one) => one.name === name);
        return (
          <label key={name}>
            <span>{declared?.label ?? name}</span>
            <input
              className={form.input}
              inputMode={declared && declared.type !== "text" ? "decimal" : "text"}
              value={given.get(name) ?? String(declared?.default ?? "")}
              onChange={(event) => onChange(name, event.currentTarget.value)}
            />
          </label>
        );
      })}
      <input type="submit" hidden />
    </form>
  );
}
