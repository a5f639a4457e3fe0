import type { ReleasePlan } from "@/api/workspace";
import { FormDialog, type FormDialogProps } from "@/components/ui/form-dialog";
import { PlanView } from "@/components/ui/plan-view";
import { SkeletonRows } from "@/components/ui/skeleton";

interface Props extends Omit<FormDialogProps, "open" | "onOpenChange" | "isDisabled" | "leave"> {
  onClose: () => void;
  plan: { data?: ReleasePlan; error: unknown };
  isPending: boolean;
  /** Whether it can be done though there is no plan. */
  isPlanOptional?: boolean;
}

/** Shows what will change, and only then asks. */
export function PlanDialog({ onClose, plan, isPending, error, isPlanOptional, children, ...dialog }: Props) {
  return (
    <FormDialog
      {...dialog}
      open
      onOpenChange={(open) => !open && onClose()}
      className="w-[760px]"
      isDisabled={isPending || !(plan.data || (isPlanOptional && plan.error))}
      error={error || plan.error}
    >
      {children}
      {plan.data ? <PlanPart plan={plan.data} /> : !plan.error && <SkeletonRows rows={4} />}
    </FormDialog>
  );
}

/** A plan in a dialog, as wide as the dialog is. */
export function PlanPart({ plan }: { plan: ReleasePlan }) {
  return (
    <div className="-mx-4">
      <PlanView plan={plan} />
    </div>
  );
}
