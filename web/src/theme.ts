import { type CSSVariablesResolver, colorsTuple, createTheme } from "@mantine/core";
import type { Outcome } from "./api/types";

/**
 * Every colour of the product, for both schemes. The style sheets read them as `--vs-…`, charts read them here.
 * Texts reach 4.5:1 on the surfaces they stand on; outcome hues are Okabe and Ito's, told apart by colour-blind eyes.
 */
const light = {
  page: "#f6f7f9",
  surface: "#ffffff",
  raised: "#ffffff",
  sunken: "#eff1f4",
  line: "#e2e5ea",
  lineStrong: "#c9ced6",
  text: "#181c24",
  muted: "#59616f",
  accent: "#4f46c8",
  accentText: "#463db8",
  accentSoft: "#ecebfb",
  onAccent: "#ffffff",
  real: "#0072b2",
  fake: "#d55e00",
  uncertain: "#e69f00",
  uncertainStripe: "#9c6500",
  failed: "#64748b",
  realText: "#00588a",
  fakeText: "#a33f00",
  uncertainText: "#7a5000",
  failedText: "#475569",
  realSoft: "#e3f1fa",
  fakeSoft: "#fdebe0",
  uncertainSoft: "#fdf2d8",
  failedSoft: "#e9edf2",
  ok: "#16722f",
  okSoft: "#e4f5e9",
  warning: "#8a5a00",
  warningSoft: "#fff4d6",
  critical: "#c02128",
  criticalSoft: "#fdeaea",
  land: "#e6e9ee",
  scale1: "#d3d0f5",
  scale2: "#b1acee",
  scale3: "#8c85e2",
  scale4: "#675ed2",
  scale5: "#443aa8",
  p50: "#2f8a7f",
  p95: "#4f46c8",
  p99: "#b04a9c",
  shadow: "0 1px 2px rgb(20 25 35 / 5%)",
};

const dark: typeof light = {
  page: "#101318",
  surface: "#171b22",
  raised: "#1e232c",
  sunken: "#12161c",
  line: "#272d38",
  lineStrong: "#3d4553",
  text: "#e8eaee",
  muted: "#9ba4b2",
  accent: "#8f87f5",
  accentText: "#aaa4ff",
  accentSoft: "#26254a",
  onAccent: "#12101f",
  real: "#3d9fdc",
  fake: "#ef7a35",
  uncertain: "#efb43a",
  uncertainStripe: "#8a5f08",
  failed: "#8593a8",
  realText: "#7cc4f2",
  fakeText: "#ff9d66",
  uncertainText: "#f2c15a",
  failedText: "#b4bfce",
  realSoft: "#122c3f",
  fakeSoft: "#3a2113",
  uncertainSoft: "#352a10",
  failedSoft: "#262d38",
  ok: "#4ac26b",
  okSoft: "#12291a",
  warning: "#e3b341",
  warningSoft: "#30270f",
  critical: "#ff8178",
  criticalSoft: "#3a1717",
  land: "#262c37",
  scale1: "#35336b",
  scale2: "#4a4693",
  scale3: "#635cbd",
  scale4: "#8078e0",
  scale5: "#b3adff",
  p50: "#4fb3a6",
  p95: "#8f87f5",
  p99: "#d97fc6",
  shadow: "none",
};

export type Palette = typeof light;
export const palettes = { light, dark } as const;

export const outcomes: { name: Outcome; label: string }[] = [
  { name: "real", label: "Real" },
  { name: "fake", label: "Fake" },
  { name: "uncertain", label: "Uncertain" },
  { name: "failed", label: "Failed" },
];

export const fontFamily =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif';

/** Colours as the style sheets know them. */
export function variables(palette: Partial<Palette>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(palette).map(([name, value]) => [
      `--vs-${name.replace(/[A-Z]|(?<=^scale)\d/g, (letter) => `-${letter.toLowerCase()}`)}`,
      value,
    ]),
  );
}

/** The library's colours are ours, by name, so that a tenant's accent reaches its parts too. */
const library = {
  "--mantine-color-body": "var(--vs-page)",
  "--mantine-color-text": "var(--vs-text)",
  "--mantine-color-dimmed": "var(--vs-muted)",
  "--mantine-color-placeholder": "var(--vs-muted)",
  "--mantine-color-default-border": "var(--vs-line-strong)",
  "--mantine-color-anchor": "var(--vs-accent-text)",
  "--mantine-color-accent-filled": "var(--vs-accent)",
  "--mantine-color-accent-filled-hover": "var(--vs-accent-text)",
  "--mantine-color-accent-light": "var(--vs-accent-soft)",
  "--mantine-color-accent-light-hover": "var(--vs-accent-soft)",
  "--mantine-color-accent-light-color": "var(--vs-accent-text)",
  "--mantine-color-accent-outline": "var(--vs-accent)",
  "--mantine-color-accent-outline-hover": "var(--vs-accent-soft)",
  "--mantine-color-accent-text": "var(--vs-accent-text)",
  "--mantine-primary-color-contrast": "var(--vs-on-accent)",
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...variables(light), ...library },
  dark: { ...variables(dark), ...library },
});

const sheet = {
  content: { background: "var(--vs-surface)" },
  header: { background: "var(--vs-surface)" },
  title: { fontSize: 16, fontWeight: 600 },
};

export const theme = createTheme({
  fontFamily,
  colors: { accent: colorsTuple(light.accent) },
  primaryColor: "accent",
  defaultRadius: 6,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  respectReducedMotion: true,
  components: {
    Tooltip: {
      defaultProps: {
        events: { hover: true, focus: true, touch: true },
        openDelay: 150,
        p: 10,
        transitionProps: { duration: 100 },
      },
    },
    Drawer: { defaultProps: { transitionProps: { duration: 150 } }, styles: sheet },
    Modal: { defaultProps: { transitionProps: { duration: 120 } }, styles: sheet },
  },
});
