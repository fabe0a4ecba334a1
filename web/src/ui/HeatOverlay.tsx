import { useEffect, useRef, useState } from "react";
import type { Explanation } from "../api/types";
import { useLook } from "../charts/useLook";
import { heatWords, type Pixel, pixelsOf } from "../state/heat";
import styles from "./heatoverlay.module.css";
import states from "./states.module.css";

interface Props {
  /** Object URL of the local file: the server keeps no image. */
  source: string;
  explanation: Explanation;
}

/** Which parts of the image speak for fake and which for real, over the image itself. */
export function HeatOverlay({ source, explanation }: Props) {
  const [on, setOn] = useState(true);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { palette } = useLook();
  const { area, columns, rows } = explanation;
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen) return;
    const image = pen.createImageData(columns, rows);
    const pixels = pixelsOf(explanation, pixelOf(palette.fake), pixelOf(palette.real));
    image.data.set(pixels.flat(2));
    pen.putImageData(image, 0, 0);
  }, [explanation, columns, rows, palette]);
  const words = heatWords(explanation);
  return (
    <figure className={styles.figure}>
      <div className={styles.picture}>
        <img src={source} alt="" />
        <canvas
          ref={canvas}
          width={columns}
          height={rows}
          role="img"
          aria-label={words}
          hidden={!on}
          style={{
            left: `${area.left * 100}%`,
            top: `${area.top * 100}%`,
            width: `${area.width * 100}%`,
            height: `${area.height * 100}%`,
          }}
        />
      </div>
      <figcaption>
        <span className={styles.legend}>
          <i data-for="fake" /> speaks for fake <i data-for="real" /> speaks for real
        </span>
        <button type="button" className={states.plainButton} aria-pressed={on} onClick={() => setOn(!on)}>
          {on ? "Hide the map" : "Show the map"}
        </button>
        <span>
          {words} Each cell was covered in turn; the number is how far the fake probability fell or rose.
        </span>
      </figcaption>
    </figure>
  );
}

function pixelOf(hex: string): Pixel {
  const part = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5), 255];
}
