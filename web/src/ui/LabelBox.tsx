import { useState } from "react";
import { useLabel } from "../api/labels";
import type { Prediction } from "../api/types";
import { fullTime } from "../format";
import { useZone } from "../state/zone";
import styles from "./drawer.module.css";
import form from "./form.module.css";
import { outcomeLabel } from "./Outcome";
import { Refused } from "./Refused";

const opposite = { real: "fake", fake: "real" } as const;

/** What somebody knows about the image: the label that accuracy is measured with. */
export function LabelBox({ prediction }: { prediction: Prediction }) {
  const { outcome, label } = prediction;
  const zone = useZone();
  const [reason, setReason] = useState("");
  const store = useLabel(prediction.id);
  if (outcome === "failed") {
    return <p className={styles.quiet}>It got no verdict, so there is nothing to label.</p>;
  }
  const set = (value: "real" | "fake" | null) =>
    store.mutate({ label: value, reason: value === null ? null : reason.trim() || null });
  const choices: { value: "real" | "fake"; words: string }[] =
    outcome === "uncertain"
      ? [
          { value: "real", words: "The image is real" },
          { value: "fake", words: "The image is fake" },
        ]
      : [
          { value: opposite[outcome], words: "This verdict was wrong" },
          { value: outcome, words: "It was right" },
        ];
  return (
    <div className={styles.label}>
      {label ? (
        <>
          <p>
            <strong>Labelled {outcomeLabel(label).toLowerCase()}</strong>
            {outcome !== "uncertain" &&
              (label === outcome ? ": the verdict was right." : ": the verdict was wrong.")}
          </p>
          {(prediction.labelled_at || prediction.label_reason) && (
            <p className={styles.quiet}>
              {prediction.labelled_at &&
                `By ${prediction.labelled_by ?? "its sender"}, ${fullTime(prediction.labelled_at, zone)}. `}
              {prediction.label_reason}
            </p>
          )}
          <p>
            <button
              type="button"
              className={form.button}
              onClick={() => set(null)}
              disabled={store.isPending}
            >
              Withdraw the label
            </button>
          </p>
        </>
      ) : (
        <>
          <label className={styles.reason}>
            <span className={styles.quiet}>How it is known (may stay empty)</span>
            <input
              className={form.input}
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <p className={styles.buttons}>
            {choices.map(({ value, words }) => (
              <button
                key={value}
                type="button"
                className={form.button}
                onClick={() => set(value)}
                disabled={store.isPending}
              >
                {words}
              </button>
            ))}
          </p>
        </>
      )}
      <Refused what="The label was not stored." error={store.error} />
    </div>
  );
}
