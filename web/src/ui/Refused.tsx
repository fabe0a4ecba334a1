import form from "./form.module.css";

/** Says that what was asked for did not happen, and why; nothing as long as nothing failed. */
export function Refused({ what, error }: { what?: string; error: Error | null }) {
  return (
    error && (
      <p className={form.problem} role="alert">
        {what} {error.message}
      </p>
    )
  );
}
