import type { NewProbe, Probe, ProbeKind } from "../api/probes";

/** How a setting is typed. lines: one value a line; pairs: `Name: value` a line; conditions: `/path op value` a line. */
export type EntryKind = "text" | "number" | "boolean" | "choice" | "lines" | "pairs" | "conditions";

export interface EntrySpec {
  name: string;
  label: string;
  help?: string;
  kind: EntryKind;
  choices?: string[];
  /** What holds when it stays empty. */
  otherwise?: string;
  /** Behind "More", because it seldom matters. */
  rare?: boolean;
}

export interface KindSpec {
  kind: ProbeKind;
  label: string;
  help: string;
  target: { label: string; placeholder: string; help: string } | null;
  intervalSeconds: number;
  settings: EntrySpec[];
}

const slow: EntrySpec = {
  name: "max_response_ms",
  label: "Slowest answer, ms",
  help: "Slower is a failure.",
  kind: "number",
  otherwise: "no limit",
};
const headers: EntrySpec = {
  name: "headers",
  label: "Headers",
  help: "One a line, Name: value. Secrets as env:NAME or file:PATH.",
  kind: "pairs",
  rare: true,
};
const trust: EntrySpec[] = [
  { name: "verify", label: "Check the certificate", kind: "boolean", otherwise: "true", rare: true },
  {
    name: "ca_file",
    label: "File of trusted certificates",
    kind: "text",
    otherwise: "the system's",
    rare: true,
  },
];
const connectivity: EntrySpec = {
  name: "connectivity",
  label: "Counts for connectivity",
  help: "The metric of that name is the share of good checks of all probes that count.",
  kind: "boolean",
  otherwise: "false",
  rare: true,
};

/** Every kind of probe and what it can be told, in the order of the form. */
export const kinds: KindSpec[] = [
  {
    kind: "http",
    label: "HTTP",
    help: "A web address must answer as it should.",
    target: {
      label: "Address",
      placeholder: "https://example.com/health",
      help: "http:// or https://; own:/path is this service itself.",
    },
    intervalSeconds: 60,
    settings: [
      {
        name: "expect_status",
        label: "Accepted statuses",
        help: "Numbers and ranges, one a line.",
        kind: "lines",
        otherwise: "200-299",
      },
      slow,
      {
        name: "json",
        label: "Conditions on a JSON answer",
        help: "One a line: path, test, value; for example /status equals healthy. Tests: equals, not_equals, above, below, contains, exists, absent.",
        kind: "conditions",
      },
      { name: "contains", label: "The body contains", kind: "text" },
      { name: "lacks", label: "The body does not contain", kind: "text", rare: true },
      {
        name: "method",
        label: "Method",
        kind: "choice",
        choices: ["GET", "HEAD", "POST", "PUT"],
        otherwise: "GET",
        rare: true,
      },
      { name: "body", label: "Body that is sent", kind: "text", rare: true },
      headers,
      { name: "redirects", label: "Redirects that are followed", kind: "number", otherwise: "0", rare: true },
      ...trust,
      connectivity,
    ],
  },
  {
    kind: "tcp",
    label: "TCP",
    help: "A port must take connections.",
    target: { label: "Host and port", placeholder: "db.example.com:5432", help: "host:port" },
    intervalSeconds: 60,
    settings: [
      slow,
      { name: "send", label: "Text that is sent first", kind: "text", rare: true },
      { name: "expect", label: "Text that must come back", kind: "text", rare: true },
      connectivity,
    ],
  },
  {
    kind: "dns",
    label: "DNS",
    help: "A name must resolve.",
    target: { label: "Name", placeholder: "example.com", help: "" },
    intervalSeconds: 60,
    settings: [
      {
        name: "record",
        label: "Record",
        kind: "choice",
        choices: ["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "SOA", "CAA", "PTR"],
        otherwise: "A",
      },
      {
        name: "resolver",
        label: "Resolver",
        help: "system, resolv.conf, or a name server such as 192.0.2.1:53. Records other than A and AAAA need one of the latter.",
        kind: "text",
        otherwise: "system",
      },
      { name: "expect", label: "Answers that must be there", help: "One a line.", kind: "lines" },
      { name: "only_expected", label: "And no others", kind: "boolean", otherwise: "false" },
      { ...slow, rare: true },
      connectivity,
    ],
  },
  {
    kind: "tls",
    label: "Certificate",
    help: "A TLS certificate must stay valid.",
    target: { label: "Host", placeholder: "example.com", help: "host, or host:port" },
    intervalSeconds: 3_600,
    settings: [
      { name: "min_days", label: "Days that must be left", kind: "number", otherwise: "14" },
      {
        name: "server_name",
        label: "Name in the certificate",
        kind: "text",
        otherwise: "the host",
        rare: true,
      },
      ...trust,
      connectivity,
    ],
  },
  {
    kind: "known_answer",
    label: "Known answer",
    help: "A fixed image is posted; verdict and score must not move. Images sent to own:detector are counted nowhere.",
    target: {
      label: "Detector",
      placeholder: "own:detector",
      help: "own:detector is the one that runs here; others by their http address.",
    },
    intervalSeconds: 300,
    settings: [
      {
        name: "tolerance",
        label: "Points the score may move",
        help: "Percentage points.",
        kind: "number",
        otherwise: "5",
      },
      {
        name: "expect_verdict",
        label: "Expected verdict",
        help: "The first answer becomes the reference when both stay empty.",
        kind: "text",
      },
      { name: "expect_score", label: "Expected score, percent", kind: "number" },
      slow,
      { name: "field", label: "Form field of the image", kind: "text", otherwise: "file", rare: true },
      {
        name: "fields",
        label: "Other form fields",
        help: "One a line, name: value.",
        kind: "pairs",
        rare: true,
      },
      {
        name: "verdict_path",
        label: "Path to the verdict",
        kind: "text",
        otherwise: "/prediction",
        rare: true,
      },
      {
        name: "score_path",
        label: "Path to the score",
        kind: "text",
        otherwise: "/fake_probability",
        rare: true,
      },
      {
        name: "score_scale",
        label: "Scale of the score",
        kind: "choice",
        choices: ["percent", "probability"],
        otherwise: "percent",
        rare: true,
      },
      headers,
      ...trust,
      connectivity,
    ],
  },
  {
    kind: "heartbeat",
    label: "Heartbeat",
    help: "A job of yours calls an address after each run; silence is the failure. The address is shown once it is set up.",
    target: null,
    intervalSeconds: 3_600,
    settings: [
      {
        name: "grace_seconds",
        label: "Seconds it may be late",
        kind: "number",
        otherwise: "60",
      },
      connectivity,
    ],
  },
];

export function kindOf(kind: ProbeKind): KindSpec {
  const found = kinds.find((one) => one.kind === kind);
  if (!found) throw new Error(`no kind ${kind}`);
  return found;
}

/** Everything a form holds, as it was typed. */
export interface ProbeDraft {
  name: string;
  kind: ProbeKind;
  target: string;
  enabled: boolean;
  interval: string;
  timeout: string;
  failAfter: string;
  okAfter: string;
  settings: Record<string, string>;
}

export const newDraft: ProbeDraft = {
  name: "",
  kind: "http",
  target: "",
  enabled: true,
  interval: "",
  timeout: "",
  failAfter: "",
  okAfter: "",
  settings: {},
};

/** A probe as the form shows it. What equals the default is left empty, as its placeholder says it. */
export function draftOf(probe: Probe): ProbeDraft {
  const spec = kindOf(probe.kind);
  const settings: Record<string, string> = {};
  for (const entry of spec.settings) {
    const text = written(entry, probe.settings[entry.name]);
    if (text !== "" && text !== entry.otherwise) settings[entry.name] = text;
  }
  return {
    name: probe.name,
    kind: probe.kind,
    target: probe.kind === "heartbeat" ? "" : probe.target,
    enabled: probe.enabled,
    interval: String(probe.interval_seconds),
    timeout: String(probe.timeout_seconds),
    failAfter: String(probe.fail_after),
    okAfter: String(probe.ok_after),
    settings,
  };
}

function written(entry: EntrySpec, value: unknown): string {
  if (value === null || value === undefined) return "";
  switch (entry.kind) {
    case "lines":
      return Array.isArray(value) ? value.join("\n") : String(value);
    case "pairs":
      return Object.entries(value as Record<string, string>)
        .map(([name, text]) => `${name}: ${text}`)
        .join("\n");
    case "conditions":
      return (value as { path: string; op: string; value?: unknown }[])
        .map(({ path, op, value: wanted }) =>
          op === "exists" || op === "absent" ? `${path} ${op}` : `${path} ${op} ${asText(wanted)}`,
        )
        .join("\n");
    default:
      return String(value);
  }
}

/** Text stands bare unless it would be read as something else. */
function asText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return asValue(value) === value ? value : JSON.stringify(value);
}

function asValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the form sends. What can't be read as what it should be goes as it was typed: the server says what is accepted. */
export function probeOf(draft: ProbeDraft, before: Record<string, unknown> = {}): NewProbe {
  const entries = kindOf(draft.kind).settings;
  // What the form doesn't show stays as it was.
  const settings: Record<string, unknown> = Object.fromEntries(
    Object.entries(before).filter(([name]) => entries.every((entry) => entry.name !== name)),
  );
  for (const entry of entries) {
    const text = (draft.settings[entry.name] ?? "").trim();
    if (text !== "") settings[entry.name] = readEntry(entry, text);
  }
  const numbers = {
    interval_seconds: draft.interval,
    timeout_seconds: draft.timeout,
    fail_after: draft.failAfter,
    ok_after: draft.okAfter,
  };
  return {
    name: draft.name.trim(),
    kind: draft.kind,
    target: draft.target.trim(),
    settings,
    enabled: draft.enabled,
    ...Object.fromEntries(
      Object.entries(numbers).flatMap(([name, text]) =>
        text.trim() === "" ? [] : [[name, numberOf(text.trim())]],
      ),
    ),
  };
}

function numberOf(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

function readEntry(entry: EntrySpec, text: string): unknown {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  switch (entry.kind) {
    case "number":
      return numberOf(text);
    case "boolean":
      return text === "true";
    case "lines":
      return lines
        .flatMap((line) => line.split(","))
        .map((one) => (/^\d+$/.test(one.trim()) ? Number(one) : one.trim()));
    case "pairs":
      return Object.fromEntries(
        lines.map((line) => {
          const at = line.indexOf(":");
          return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
        }),
      );
    case "conditions":
      return lines.map((line) => {
        const [, path = line, op = "exists", value] = /^(\S+)(?:\s+(\S+))?(?:\s+(.*))?$/.exec(line) ?? [];
        return value === undefined ? { path, op } : { path, op, value: asValue(value) };
      });
    default:
      return text;
  }
}
