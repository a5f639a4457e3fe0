import { Bot, Box, Boxes, Clock, type LucideIcon, Radio, SquareTerminal, UserCheck, Workflow } from "lucide-react";
import { cn } from "@/lib/cn";

const ICONS: Record<string, LucideIcon> = {
  script: SquareTerminal,
  docker: Box,
  pod: Boxes,
  task: Workflow,
  agent: Bot,
  approval: UserCheck,
  wait: Clock,
  signal: Radio,
};

/** What kind of action a step has; nothing for groups. */
export function ActionIcon({
  type,
  size = 14,
  className,
}: {
  type: string | null | undefined;
  size?: number;
  className?: string;
}) {
  const Icon = type ? ICONS[type] : undefined;
  return Icon ? (
    <Icon size={size} role="img" aria-label={type ?? undefined} className={cn("flex-none text-text-3", className)} />
  ) : null;
}
