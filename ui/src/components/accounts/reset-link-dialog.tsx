import { type UserItem, useMakeResetLink } from "@/api/users";
import { FormDialog } from "@/components/ui/form-dialog";
import { ShownOnce } from "@/components/ui/shown-once";
import { exactTime } from "@/lib/time";
import { userName } from "./user-acts";

/** Makes a link by which a user sets a password, and shows it once. */
export function ResetLinkDialog({ user, onClose }: { user: UserItem; onClose: () => void }) {
  const make = useMakeResetLink(user.user_id);
  const name = userName(user);
  if (make.data) {
    return (
      <ShownOnce
        title={`A link for ${name}`}
        description={`Whoever opens it sets the password of ${user.email}. It is good once, until ${exactTime(make.data.expires_at)}, and not shown again.`}
        secret={new URL(make.data.url, location.origin).href}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={`A link for ${name} to set a password?`}
      description="Give it to them yourself: Strøm sends no mail. The password they have stays good until they set another one."
      verb="Make the link"
      leave="Not now"
      isDisabled={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate(undefined)}
    />
  );
}
