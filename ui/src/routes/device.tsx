import { createFileRoute, useLocation } from "@tanstack/react-router";
import { DevicePage } from "@/components/device/device-page";

export const Route = createFileRoute("/device")({ component: Device });

/**
 * Where a program that wants to be signed in sends people. Its code is in the fragment, which no server's log has; it may
 * stay there, since it is good once.
 */
function Device() {
  const given = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get("code") });
  return <DevicePage given={given ?? ""} />;
}
