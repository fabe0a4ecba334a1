import { describe, expect, it } from "vitest";
import { pathOf } from "../src/api/changes";
import type { Channel, ChannelField } from "../src/api/channels";
import type { Routing } from "../src/api/routing";
import type { Backtest, RuleText } from "../src/api/rules";
import { duration, quantity, secondsOf, took } from "../src/format";
import { stepsOf } from "../src/state/backtest";
import { missingFields, settingsOf, typedOf } from "../src/state/channel";
import { listOf, matchWords, missingChannels, moved } from "../src/state/routing";
import { blankRule, conditionWords, draftOf, fieldOf, ruleOf } from "../src/state/rule";
import { parseSearch, writeSearch } from "../src/state/search";
import { matchersFor, matcherWords, silences, stageOf } from "../src/state/silence";
import { shared } from "../src/state/view";

const thin = "\u202f";

const rule: RuleText = {
  name: "error_rate",
  title: "Many predictions fail",
  group: "service",
  metric: "error_rate",
  filters: { client: ["acme", "zeta"] },
  severity: "critical",
  condition: { kind: "threshold", side: "above", limit: 5, recovery: 4.5 },
  window_seconds: 600,
  for_seconds: 300,
  recover_seconds: 5400,
  min_samples: 20,
  no_data: "keep",
  enabled: true,
};

describe("a set time", () => {
  it.each([0, 5, 60, 90, 300, 5400, 86_400, 93_784])("of %d s is read as it is written", (seconds) => {
    expect(secondsOf(duration(seconds))).toBe(seconds);
  });

  it("is typed in the units people use, and anything else is none", () => {
    expect(["300", "5 min", "1h30min", " 2 d "].map(secondsOf)).toEqual([300, 300, 5400, 172_800]);
    expect(["", "5 minutes", "-1", "1.5 h", "soon"].map(secondsOf)).toEqual(Array(5).fill(null));
  });

  it("is short in a table", () => {
    expect([59, 3_600, 93_784].map(took)).toEqual(["59 s", "1 h", "1 d 2 h"]);
    expect(took(null)).toBe("–");
  });
});

it("a value has the unit of its metric, also one that the page doesn't know", () => {
  expect([
    quantity(5, "percent"),
    quantity(0.25, "count"),
    quantity(12, "days"),
    quantity(null, "ms"),
  ]).toEqual([`5${thin}%`, "0.25", "12 days", "–"]);
});

describe("a rule in the form", () => {
  it.each<RuleText["condition"]>([
    rule.condition,
    { kind: "threshold", side: "below", limit: 0.5, recovery: null },
    { kind: "change", side: "above", percent: 50, recovery_percent: null },
    { kind: "seasonal", side: "below", k: 4, weeks: 3 },
    { kind: "burn_rate", objective: 99.9, factor: 14.4, short_seconds: 300, min_bad: 5 },
  ])("comes back as it was: $kind", (condition) => {
    expect(ruleOf(draftOf({ ...rule, condition }))).toEqual({ rule: { ...rule, condition }, problems: {} });
  });

  it("says every field that is none yet", () => {
    const { rule: none, problems } = ruleOf({ ...blankRule, name: "Ärger", window: "soon", min_samples: "" });
    expect(none).toBeNull();
    expect(Object.keys(problems).sort()).toEqual(["limit", "min_samples", "name", "window"]);
  });

  it("asks only for the numbers of its own kind", () => {
    const draft = { ...blankRule, name: "spike", kind: "seasonal" as const };
    expect(ruleOf(draft).problems).toEqual({});
  });

  it("is a sentence", () => {
    expect(conditionWords(rule, "percent")).toBe(`above 5${thin}% over 10 min, for 5 min`);
    const seasonal = { kind: "seasonal", side: "above", k: 4, weeks: 3 } as const;
    expect(conditionWords({ ...rule, condition: seasonal, for_seconds: 0 }, "count")).toBe(
      "more than 4 deviations above what is usual at this hour of the week, over 10 min",
    );
  });
});

describe("a silence", () => {
  const alert = { rule: "error_rate", severity: "critical", group: "service", subject: "API" } as const;

  it("takes what every matcher holds for", () => {
    expect(silences([{ field: "rule", op: "is", value: "error_rate" }], alert)).toBe(true);
    expect(silences([{ field: "subject", op: "contains", value: "ap" }], alert)).toBe(true);
    expect(
      silences(
        [
          { field: "rule", op: "is", value: "error_rate" },
          { field: "severity", op: "is_not", value: "critical" },
        ],
        alert,
      ),
    ).toBe(false);
    expect(silences([], alert)).toBe(false);
  });

  it("from an alert is no broader than it", () => {
    expect(matchersFor(alert).map(matcherWords)).toEqual(["rule is error_rate", "subject is API"]);
    expect(matchersFor({ rule: "cpu_usage", subject: "" })).toHaveLength(1);
  });

  it("is pending, active, then expired", () => {
    const silence = { starts_at: "2026-11-23T10:00:00Z", ends_at: "2026-11-23T12:00:00Z" };
    const at = (hour: string) => stageOf(silence, Date.parse(`2026-11-23T${hour}:00Z`));
    expect([at("09:59"), at("10:00"), at("11:59"), at("12:00")]).toEqual([
      "pending",
      "active",
      "active",
      "expired",
    ]);
  });
});

describe("the routing", () => {
  it("moves a route by one place and not beyond the ends", () => {
    expect(moved(["a", "b", "c"], 1, -1)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], 0, -1)).toEqual(["a", "b", "c"]);
  });

  it("says what a route takes", () => {
    expect(matchWords({ match: { severity: ["critical", "warning"], rule: ["cpu_usage"] } })).toBe(
      "severity critical or warning, rule cpu_usage",
    );
    expect(matchWords({ match: {} })).toBe("every alert");
  });

  it("knows the channels that are gone", () => {
    const pace = {
      group_wait_seconds: 30,
      group_interval_seconds: 300,
      repeat_seconds: 14_400,
      group_by: [],
    };
    const routing: Routing = {
      default: { ...pace, channels: ["*", "email"] },
      routes: [{ match: {}, channels: ["pager", "email"], continue: false }],
      escalation: [{ after_seconds: 600, severity: [], channels: ["pager"] }],
      inhibit: [],
      incidents: [],
    };
    expect(missingChannels(routing, ["email"])).toEqual(["pager"]);
    expect(listOf(" a, b ,,")).toEqual(["a", "b"]);
  });
});

describe("the address of a tab", () => {
  it("keeps tab, search and what is edited, and other pages don't get them", () => {
    const view = {
      range: "24h",
      tab: "history",
      q: "a & b",
      kind: "delivery",
      severity: "info",
      edit: "cpu",
    };
    expect(parseSearch(writeSearch(view))).toEqual(view);
    expect(shared({ ...view, id: "x" })).toEqual({ range: "24h" });
  });

  it("is what a message's link means", () => {
    expect(parseSearch("?alert=0190-1")).toEqual({ id: "0190-1" });
    expect(parseSearch("?silence=error_rate")).toEqual({ tab: "silences", edit: "error_rate" });
  });

  it("asks with what has a value", () => {
    expect(pathOf("/x", { q: "a b", kind: "", cursor: null, limit: 5 })).toBe("/x?q=a+b&limit=5");
    expect(pathOf("/x", {})).toBe("/x");
  });
});

describe("a channel's form", () => {
  const fields: ChannelField[] = [
    {
      name: "webhook_url",
      label: "URL",
      help: "",
      is_secret: true,
      required: true,
      default: null,
      kind: "url",
      choices: null,
    },
    {
      name: "to",
      label: "To",
      help: "",
      is_secret: false,
      required: true,
      default: [],
      kind: "list",
      choices: null,
    },
    {
      name: "port",
      label: "Port",
      help: "",
      is_secret: false,
      required: false,
      default: 587,
      kind: "number",
      choices: null,
    },
    {
      name: "tls",
      label: "TLS",
      help: "",
      is_secret: false,
      required: false,
      default: true,
      kind: "boolean",
      choices: null,
    },
  ];
  const channel = {
    settings: {
      webhook_url: { is_set: true, from: "database" },
      to: ["a@example.test", "b@example.test"],
      tls: false,
    },
  } as unknown as Channel;

  it("begins with what is stored, and never with a secret", () => {
    expect(typedOf(fields, channel)).toEqual({
      webhook_url: "",
      to: "a@example.test, b@example.test",
      port: "587",
      tls: false,
    });
    expect(typedOf(fields, null)).toEqual({ webhook_url: "", to: "", port: "587", tls: true });
  });

  it("leaves out what is empty, so that a stored secret stays", () => {
    expect(settingsOf(fields, typedOf(fields, channel))).toEqual({
      to: ["a@example.test", "b@example.test"],
      port: 587,
      tls: false,
    });
  });

  it("asks for what is required unless it is stored already", () => {
    expect(missingFields(fields, typedOf(fields, channel), channel)).toEqual([]);
    expect(missingFields(fields, typedOf(fields, null), null)).toEqual(["URL", "To"]);
  });
});

describe("a back-test's picture", () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 4, minute)).toISOString();
  const test = (episodes: Backtest["episodes"]): Backtest => ({
    days: 1,
    evaluations: 4,
    episodes,
    series: [0, 5, 10, 15].map((minute) => [at(minute), minute]),
    limit: 5,
    notifications_estimate: 1,
    note: "",
  });

  it("shades from the step before an episode begins to the one after it ends", () => {
    const { episodes } = stepsOf(
      test([{ subject: "", started_at: at(6), ended_at: at(11), peak_value: 10 }]),
    );
    expect(episodes).toEqual([[1, 3]]);
  });

  it("shades to the end what goes on, and from the start what began before", () => {
    expect(
      stepsOf(test([{ subject: "", started_at: at(10), ended_at: null, peak_value: 15 }])).episodes,
    ).toEqual([[2, 3]]);
    const before = "2026-11-22T00:00:00Z";
    expect(
      stepsOf(test([{ subject: "", started_at: before, ended_at: at(5), peak_value: 5 }])).episodes,
    ).toEqual([[0, 1]]);
  });

  it("is empty for no series", () => {
    expect(
      stepsOf({ ...test([{ subject: "", started_at: at(1), ended_at: null, peak_value: 1 }]), series: [] })
        .episodes,
    ).toEqual([]);
  });
});

describe("the server's words about a field", () => {
  it("find the form's field, nested or renamed", () => {
    expect(
      ["condition.limit", "window_seconds", "filters.client", "body.condition.short_seconds", "zzz"].map(
        fieldOf,
      ),
    ).toEqual(["limit", "window", "filters", "short", null]);
  });
});
