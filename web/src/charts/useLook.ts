import { useComputedColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { type Palette, palettes } from "../theme";

/** The colours in force, and whether motion is unwanted. */
export function useLook(): { palette: Palette; still: boolean } {
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const still = useReducedMotion();
  return { palette: palettes[scheme], still: still === true };
}
