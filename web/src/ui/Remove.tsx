import { useState } from "react";
import form from "./form.module.css";

/** Asks once more before something is gone. */
export function Remove({
  pending,
  onRemove,
  word = "Remove",
}: {
  pending: boolean;
  onRemove: () => void;
  word?: string;
}) {
  const [asked, setAsked] = useState(false);
  return asked ? (
    <button
      type="button"
      className={form.danger}
      disabled={pending}
      onClick={onRemove}
      onBlur={() => setAsked(false)}
    >
      Really {word.toLowerCase()}
    </button>
  ) : (
    <button type="button" className={form.button} onClick={() => setAsked(true)}>
      {word}
    </button>
  );
}
