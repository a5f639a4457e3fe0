import { useState } from "react";
import { useRefusal } from "@/api/rights";
import { useTellWorker, type WorkerItem, type WorkerVerb } from "@/api/workers";
import { Button } from "@/components/ui/button";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { showToast } from "@/components/ui/toast";
import { counted } from "@/lib/number";

interface Props {
  worker: Pick<WorkerItem, "worker_id" | "name" | "status" | "state" | "used_slots">;
  size?: "sm" | "md";
  onRemoved?: () => void;
}

const DONE: Record<WorkerVerb, string> = {
  cordon: "takes no more steps.",
  drain: "takes no more steps and ends when it is idle.",
  uncordon: "takes steps again.",
  remove: "is removed.",
};

const VERBS: Record<WorkerItem["state"], readonly WorkerVerb[]> = {
  active: ["cordon", "drain"],
  cordoned: ["drain", "uncordon"],
  draining: ["uncordon"],
};

/** Cordons, drains and uncordons a worker, removes one that is gone; each after a question that says what follows. */
export function WorkerActs({ worker, size = "md", onRemoved }: Props) {
  const [asked, ask] = useState<WorkerVerb | null>(null);
  const tell = useTellWorker(worker.worker_id);
  const noDrain = useRefusal("worker.drain");
  const noRemove = useRefusal("worker.remove");
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
    remove: {
      title: `Remove ${worker.name}?`,
      description: "It is gone, and disappears from the lists. If it is started again, it registers as a new worker.",
      verb: "Remove",
    },
  };
  const verbs: readonly WorkerVerb[] = worker.status === "inactive" ? ["remove"] : VERBS[worker.state];
  return (
    <>
      {verbs.map((verb) => (
        <Button
          key={verb}
          size={size}
          variant={size === "sm" ? "quiet" : "outline"}
          aria-label={`${words[verb].verb} ${worker.name}`}
          refusal={verb === "remove" ? noRemove : noDrain}
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
          isDestructive={asked === "drain" || asked === "remove"}
          isPending={tell.isPending}
          error={tell.error}
          onConfirm={(reason) =>
            tell.mutate(
              { verb: asked, reason },
              {
                onSuccess: () => {
                  close();
                  if (asked === "remove") onRemoved?.();
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
