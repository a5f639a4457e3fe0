import {
  Activity,
  CircleUser,
  GitBranch,
  House,
  Inbox,
  Layers,
  Library,
  List,
  type LucideIcon,
  Plug,
  ScrollText,
  Server,
  Settings,
  Users,
  Workflow,
  Zap,
} from "lucide-react";

/** A page of the navigation. `key` is the second key after `g`; who has not the `verb` does not see it. */
export interface Entry {
  to: string;
  label: string;
  icon: LucideIcon;
  key?: string;
  verb?: "user.manage" | "audit.read";
  /** It is there only where people sign in. */
  isOfAccounts?: boolean;
}

/** The navigation, in its three groups: daily, running, system. What depends on rights is last: it comes later. */
export const GROUPS: readonly (readonly Entry[])[] = [
  [
    { to: "/", label: "Home", icon: House, key: "h" },
    { to: "/jobs", label: "Jobs", icon: List, key: "j" },
    { to: "/tasks", label: "Tasks", icon: Workflow, key: "t" },
    { to: "/workspaces", label: "Workspaces", icon: GitBranch, key: "w" },
    { to: "/approvals", label: "Approvals", icon: Inbox, key: "a" },
  ],
  [
    { to: "/triggers", label: "Triggers", icon: Zap, key: "r" },
    { to: "/queue", label: "Queue", icon: Layers, key: "q" },
    { to: "/workers", label: "Workers", icon: Server, key: "o" },
    { to: "/libraries", label: "Libraries", icon: Library, key: "l" },
  ],
  [
    { to: "/events", label: "Events", icon: Activity, key: "e" },
    { to: "/plugins", label: "Plugins", icon: Plug, key: "p" },
    { to: "/settings", label: "Settings", icon: Settings, key: "s" },
    { to: "/audit", label: "Audit", icon: ScrollText, key: "d", verb: "audit.read" },
    { to: "/users", label: "Users", icon: Users, key: "u", verb: "user.manage", isOfAccounts: true },
  ],
];

/** The page of who is signed in. It is reached by the menu with their name. */
export const ACCOUNT_ENTRY: Entry = { to: "/account", label: "Account", icon: CircleUser };

/** Whether a path is that of a page or of one below it. */
export function isEntryOn({ to }: Entry, path: string): boolean {
  return path === to || (to !== "/" && path.startsWith(`${to}/`));
}
