import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/** The values of the fragment that the page was opened with. They are taken out of the address, and so of the history. */
export function useFragment(): URLSearchParams {
  const navigate = useNavigate();
  const [values] = useState(() => new URLSearchParams(location.hash.slice(1)));
  useEffect(() => {
    navigate({ to: ".", hash: "", replace: true });
  }, [navigate]);
  return values;
}
