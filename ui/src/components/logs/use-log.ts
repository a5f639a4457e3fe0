import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { LogSource } from "@/api/logs";
import { LogModel } from "./log-model";

/** The log of a source, read and followed while the component is mounted. */
export function useLog({ jobId, step, attempt }: LogSource, isLive: boolean): { model: LogModel; version: number } {
  const model = useMemo(() => new LogModel({ jobId, step, attempt }), [jobId, step, attempt]);
  const version = useSyncExternalStore(model.subscribe, model.snapshot);
  useEffect(() => {
    model.open();
    return () => model.close();
  }, [model]);
  useEffect(() => {
    model.setLive(isLive);
  }, [model, isLive]);
  return { model, version };
}
