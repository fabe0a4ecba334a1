import { useEffect, useState } from "react";
import { useView } from "../state/view";
import form from "./form.module.css";

const pauseMs = 250;

/** What is looked for, in the address once somebody stops typing. */
export function SearchField({ label }: { label: string }) {
  const { view, keep } = useView();
  const [typed, setTyped] = useState(view.q ?? "");
  useEffect(() => {
    if (typed.trim() === (view.q ?? "")) return;
    const timer = window.setTimeout(() => keep({ q: typed.trim() || undefined }), pauseMs);
    return () => window.clearTimeout(timer);
  }, [typed, view.q, keep]);
  return (
    <input
      type="search"
      className={`${form.input} ${form.search}`}
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
