import { type ReactNode, useEffect, useState } from "react";
import { middle } from "../format";
import styles from "./copy.module.css";
import { CheckIcon, CopyIcon } from "./icons";

/** The clipboard is missing on plain-http addresses other than localhost; selecting and copying still works there. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

function useCopied(text: string): [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), 1_500);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return [copied, () => void copy(text).then(() => setCopied(true))];
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, act] = useCopied(text);
  return (
    <button type="button" className={styles.button} onClick={act} aria-label={label} title={label}>
      {copied ? <CheckIcon /> : <CopyIcon />}
      <output className="visually-hidden">{copied ? "Copied" : ""}</output>
    </button>
  );
}

/** A long id, its middle left out; a click copies all of it. */
export function CopyText({ text, head = 8, tail = 4 }: { text: string; head?: number; tail?: number }) {
  const [copied, act] = useCopied(text);
  return (
    <button type="button" className={styles.text} onClick={act} title={`${text}\nClick to copy`}>
      <code>{middle(text, head, tail)}</code>
      {copied ? <CheckIcon size={12} /> : <CopyIcon size={12} />}
      <output className="visually-hidden">{copied ? "Copied" : ""}</output>
    </button>
  );
}

/** A line of a menu that copies; `text` is asked when it is clicked. */
export function CopyAction({
  text,
  className,
  children,
}: {
  text: () => string;
  className?: string | undefined;
  children: ReactNode;
}) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className={className}
      onClick={() => void copy(text()).then(() => setCopied(true))}
      onBlur={() => setCopied(false)}
    >
      <span>{children}</span>
      {copied && <CheckIcon size={14} />}
      <output className="visually-hidden">{copied ? "Copied" : ""}</output>
    </button>
  );
}
