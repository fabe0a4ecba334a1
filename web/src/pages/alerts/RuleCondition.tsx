import type { ReactNode } from "react";
import type { ConditionKind } from "../../api/rules";
import { conditionKinds, type RuleDraft } from "../../state/rule";
import { Choice, Field } from "../../ui/Field";
import styles from "./rules.module.css";

/** A field of the form that is typed. */
export type Line = (
  field: keyof RuleDraft & string,
  label: string,
  help?: string,
  kind?: "text" | "number",
) => ReactNode;

interface Props {
  draft: RuleDraft;
  unit: string | null;
  line: Line;
  /** What fixes a field; undefined when it may be changed. */
  fixedWords: (field: keyof RuleDraft) => string | undefined;
  onChange: (part: Partial<RuleDraft>) => void;
}

/** When a rule's number is too much: the kind of condition, and what that kind asks for. */
export function RuleCondition({ draft, unit, line, fixedWords, onChange }: Props) {
  return (
    <div className={styles.fields}>
      <Choice
        label="Kind of condition"
        options={kinds}
        value={draft.kind}
        disabled={fixedWords("kind") !== undefined}
        onChange={(kind) => onChange({ kind })}
      />
      <p className={`quiet ${styles.whole}`}>{conditionKinds[draft.kind].says}</p>
      {draft.kind !== "burn_rate" && (
        <Field
          label="Bad when"
          fixed={fixedWords("side")}
          kind="choice"
          choices={sides}
          value={draft.side}
          onChange={(side) => onChange({ side })}
        />
      )}
      {draft.kind === "threshold" && (
        <>
          {line("limit", `Limit${unitWords(unit)}`)}
          {line("recovery", `Fine again at${unitWords(unit)}`, "Empty: the limit itself.")}
        </>
      )}
      {draft.kind === "change" && (
        <>
          {line("percent", "By more than, %")}
          {line("recovery_percent", "Fine again within, %", "Empty: the same.")}
        </>
      )}
      {draft.kind === "seasonal" && (
        <>
          {line("k", "Deviations", "From the median, in median absolute deviations × 1.4826.")}
          {line("weeks", "Weeks to learn", "With less history it says “learning” and never fires.")}
        </>
      )}
      {draft.kind === "burn_rate" && (
        <>
          {line("objective", "Objective, %", "Of events that must be good.")}
          {line("factor", "Times too fast", "At 1 the budget lasts exactly its period.")}
          {line("short", "Short window", undefined, "text")}
          {line("min_bad", "At least bad events", "Fewer in the long window never fire.")}
        </>
      )}
      {line("window", draft.kind === "burn_rate" ? "Long window" : "Over", "Such as 5 min or 1 h.", "text")}
      {line("for", "Fires when bad for", "0 s: at once.", "text")}
      {line("recover", "Ends when fine for", undefined, "text")}
      {line("min_samples", "At least events", "With fewer in the window nothing is said.")}
      <Field
        label="Without data"
        fixed={fixedWords("no_data")}
        kind="choice"
        choices={withoutData}
        value={draft.no_data}
        onChange={(no_data) => onChange({ no_data })}
      />
    </div>
  );
}

const sides = [
  ["above", "above"],
  ["below", "below"],
] as const;
const withoutData = [
  ["keep", "stay as it is"],
  ["fine", "count as fine"],
  ["bad", "count as bad"],
] as const;
const kinds = (Object.keys(conditionKinds) as ConditionKind[]).map((value) => ({
  value,
  label: conditionKinds[value].label,
  title: conditionKinds[value].says,
}));

function unitWords(unit: string | null): string {
  if (unit === null || unit === "count") return "";
  return `, ${unit === "percent" ? "%" : unit.replaceAll("_", " ")}`;
}
