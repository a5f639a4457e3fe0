import type { ReleasePlan } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { ErrorLine } from "@/components/ui/error-line";
import { PlanView } from "@/components/ui/plan-view";
import { SkeletonRows } from "@/components/ui/skeleton";

interface Props {
  onClose: () => void;
  title: string;
  description: string;
  verb: string;
  plan: { data?: ReleasePlan; error: unknown };
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
}

/** Shows what will change, and only then asks. */
export function PlanDialog({ onClose, title, description, verb, plan, isPending, error, onConfirm }: Props) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
      className="w-[760px]"
      footer={
        <>
          <DialogClose asChild>
            <Button variant="quiet">Keep as it is</Button>
          </DialogClose>
          <Button variant="primary" disabled={isPending || !plan.data} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      {plan.data ? <PlanView plan={plan.data} /> : !plan.error && <SkeletonRows rows={4} />}
      <ErrorLine error={error || plan.error} />
    </Dialog>
  );
}
