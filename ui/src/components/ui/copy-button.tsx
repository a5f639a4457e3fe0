import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";
import { copyText } from "./copy-text";

/** Copies a text and says so by its glyph for a moment. */
export function CopyButton({ text, label = "Copy" }: { text: string | (() => string); label?: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    setCopied(await copyText(typeof text === "string" ? text : text()));
  };
  return (
    <Button variant="quiet" size="icon-sm" aria-label={isCopied ? "Copied" : label} title={label} onClick={copy}>
      {isCopied ? <Check size={13} /> : <Copy size={13} />}
    </Button>
  );
}
