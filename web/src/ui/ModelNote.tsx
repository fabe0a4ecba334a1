import { useState } from "react";
import { useModel } from "../api/queries";
import { percent } from "../format";
import styles from "./analyse.module.css";

/** What a verdict is worth: never proof, by whose measure, and what the model cannot see. */
export function ModelNote() {
  const [open, setOpen] = useState(false);
  const { data, error } = useModel(open);
  return (
    <div className={styles.limits}>
      <p>Triage, not proof: the model finds traces in one image, not who made it or why.</p>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>What the model can and cannot see</summary>
        {error && <p>{error.message}</p>}
        {data && (
          <ul>
            <li>
              {data.name ?? data.model_type}, version {data.model_version ?? "unknown"}
              {data.accuracy === null
                ? "; its accuracy was not measured."
                : `; right on ${percent(data.accuracy)} of its own test images.`}
            </li>
            <li>
              Uncertain when the probability of fake lies between {percent(data.decision.real_at * 100, 0)}{" "}
              and {percent(data.decision.fake_at * 100, 0)}.
            </li>
            {data.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        )}
      </details>
    </div>
  );
}
