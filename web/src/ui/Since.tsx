import { fullTime, recentTime, took } from "../format";
import { useZone } from "../state/zone";

/** A moment: short in the list, whole with its zone on hover. */
export function Moment({ at }: { at: string | null }) {
  const zone = useZone();
  if (at === null) return <>–</>;
  return (
    <time dateTime={at} title={fullTime(at, zone)}>
      {recentTime(at, Date.now(), zone)}
    </time>
  );
}

/** How long something has lasted, or lasted. */
export function Lasting({ from, to }: { from: string; to?: string | null }) {
  const zone = useZone();
  const end = to ? Date.parse(to) : Date.now();
  const seconds = Math.max(0, (end - Date.parse(from)) / 1000);
  return (
    <time dateTime={from} title={`${to ? "From" : "Since"} ${fullTime(from, zone)}`}>
      {took(seconds < 60 ? seconds : Math.floor(seconds / 60) * 60)}
    </time>
  );
}
