import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import styles from "./frame.module.css";
import { MoonIcon, SunIcon } from "./icons";

/** Follows the system until toggled; toggling back to what the system says follows it again. */
export function SchemeToggle({ word = false }: { word?: boolean }) {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const systemDark = useMediaQuery("(prefers-color-scheme: dark)");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className={word ? styles.link : styles.iconButton}
      onClick={() => setColorScheme((other === "dark") === systemDark ? "auto" : other)}
      {...(word ? {} : { "aria-label": `Switch to ${other} colours` })}
      title={`Switch to ${other} colours`}
    >
      {scheme === "dark" ? <SunIcon /> : <MoonIcon />}
      {word && (other === "dark" ? "Dark colours" : "Light colours")}
    </button>
  );
}
