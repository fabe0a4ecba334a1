import { type Severity, severities } from "../api/alerts";
import { Badge } from "./Badge";
import { FakeIcon } from "./icons";

const words: Record<Severity, string> = { critical: "Critical", warning: "Warning", info: "Info" };

/** As a form offers them. */
export const severityChoices = severities.map((one): [Severity, string] => [one, words[one]]);

/** How bad it is. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <Badge
      tone={severity === "info" ? "quiet" : severity}
      Icon={severity === "critical" ? FakeIcon : undefined}
    >
      {words[severity]}
    </Badge>
  );
}
