import { useState } from "react";
import { useTellWorker, type WorkerItem, type WorkerVerb } from "@/api/workers";
import { Button } from "@/components/ui/button";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { showToast } from "@/components/ui/toast";
import { counted } from "@/lib/number";

interface Props {
  worker: Pick<WorkerItem, "worker_id" | "name" | "status" | "state" | "used_slots">;
  size?: "sm" | "md";
}

const DONE: Record<WorkerVerb, string> = {
  cordon: "takes no more steps.",
  drain: "takes no more steps and ends when it is idle.",
  uncordon: "takes steps again.",
};

/** Cordons, drains and uncordons a worker; each after a question that says what follows. */
export function WorkerActs({ worker, size = "md" }: Props) {
  const [asked, ask] = useState<WorkerVerb | null>(null);
  const tell = useTellWorker(worker.worker_id);
  if (worker.status === "inactive") return null;
  const close = () => {
    ask(null);
    tell.reset();
  };
  const steps = worker.used_slots ? `${counted(worker.used_slots, "step")} that it runs may end first.` : "It is idle.";
  const words: Record<WorkerVerb, { title: string; description: string; verb: string }> = {
    cordon: {
      title: `Cordon ${worker.name}?`,
      description: `It takes no more steps until somebody uncordons it. ${steps}`,
      verb: "Cordon",
    },
    drain: {
      title: `Drain ${worker.name}?`,
      description: `It takes no more steps, and its program ends once it is idle. ${steps}`,
      verb: "Drain",
    },
    uncordon: { title: `Uncordon ${worker.name}?`, description: "It takes steps again.", verb: "Uncordon" },
  };
  const verbs: readonly WorkerVerb[] =
    worker.state === "active"
      ? ["cordon", "drain"]
      : worker.state === "cordoned"
        ? ["drain", "uncordon"]
        : ["uncordon"];
  return (
    <>
      {verbs.map((verb) => (
        <Button
          key={verb}
          size={size}
          variant={size === "sm" ? "quiet" : "outline"}
          aria-label={`${words[verb].verb} ${worker.name}`}
          onClick={() => ask(verb)}
        >
          {words[verb].verb}
        </Button>
      ))}
      {asked && (
        <ReasonDialog
          open
          onOpenChange={close}
          {...words[asked]}
          isDestructive={asked === "drain"}
          isPending={tell.isPending}
          error={tell.error}
          onConfirm={(reason) =>
            tell.mutate(
              { verb: asked, reason },
              {
                onSuccess: () => {
                  close();
                  showToast({ text: `${worker.name} ${DONE[asked]}` });
                },
              },
            )
          }
        />
      )}
    </>
  );
}
