import ELK from "elkjs/lib/elk-api.js";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";

/** Lays graphs out in a thread of its own, so that large ones do not stop the page. */
export const elk = new ELK({ workerUrl });
