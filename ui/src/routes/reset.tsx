import { createFileRoute } from "@tanstack/react-router";
import { useTabTitle } from "@/components/frame/page";
import { Outside } from "@/components/sign-in/outside";
import { ResetForm } from "@/components/sign-in/reset-form";
import { useFragment } from "@/session/use-fragment";

export const Route = createFileRoute("/reset")({ component: ResetPage });

function ResetPage() {
  const token = useFragment().get("token") ?? "";
  useTabTitle("Set a password");
  return (
    <Outside title="Set a new password">
      <ResetForm token={token} />
    </Outside>
  );
}
