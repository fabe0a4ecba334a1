import { type DragEvent, useEffect, useId, useState } from "react";
import { analyse } from "../state/analyses";
import styles from "./analyse.module.css";
import { UploadIcon } from "./icons";

/** Takes images by drop, choice or, where it is the page's only one, paste. Whether a file is an image is the server's to say. */
export function DropZone({ large = false, paste = true }: { large?: boolean; paste?: boolean }) {
  const id = useId();
  const [over, setOver] = useState(false);

  useEffect(() => {
    if (!paste) return;
    const onPaste = (event: ClipboardEvent) => {
      const images = [...(event.clipboardData?.files ?? [])];
      if (images.length > 0) analyse(images, large);
    };
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, [large, paste]);

  const onDrag = (event: DragEvent) => {
    event.preventDefault();
    setOver(event.type === "dragover");
  };
  return (
    <label
      htmlFor={id}
      className={styles.zone}
      data-over={over || undefined}
      data-large={large || undefined}
      onDragOver={onDrag}
      onDragLeave={onDrag}
      onDrop={(event) => {
        onDrag(event);
        analyse(event.dataTransfer.files, large);
      }}
    >
      <UploadIcon size={large ? 24 : 18} />
      <span>
        <strong>Drop images here</strong>, paste, or <span className={styles.choose}>choose files</span>
      </span>
      <input
        id={id}
        type="file"
        accept="image/*,.heic,.heif,.avif"
        multiple
        className="visually-hidden"
        onChange={(event) => {
          analyse(event.currentTarget.files ?? [], large);
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
