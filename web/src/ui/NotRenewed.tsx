import { clock } from "../format";
import { useZone } from "../state/zone";
import { AlertIcon } from "./icons";
import notices from "./notices.module.css";

interface QueryLike {
  data: unknown;
  error: Error | null;
  dataUpdatedAt: number;
}

/** Says that what is shown is from earlier, because the server doesn't answer; nothing while it does. */
export function NotRenewed({ query, what }: { query: QueryLike; what: string }) {
  const zone = useZone();
  if (!query.error || query.data === undefined) return null;
  return (
    <p className={notices.notice} role="status">
      <AlertIcon size={14} />
      <span>
        {what} could not be renewed; what you see is from {clock(query.dataUpdatedAt, zone)}.{" "}
        {query.error.message} The page tries again by itself.
      </span>
    </p>
  );
}
