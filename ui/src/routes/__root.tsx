import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { Page } from "@/components/frame/page";
import { Side } from "@/components/frame/side";
import { TabBar } from "@/components/frame/tab-bar";
import { UnderWay } from "@/components/frame/under-way";
import { usePages } from "@/components/frame/use-pages";
import { Toaster } from "@/components/ui/toast";
import { type Shortcut, useShortcuts } from "@/lib/keys";
import { isFlag, store, stored } from "@/lib/storage";
import { chooseTheme } from "@/lib/theme";
import { isOutside } from "@/session/next-path";
import { useSession } from "@/session/session";

const Palette = lazy(() => import("@/components/palette/palette"));
const SessionOver = lazy(() => import("@/components/sign-in/session-over"));
const KeysDialog = lazy(() => import("@/components/frame/keys-dialog"));

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Root,
  notFoundComponent: NotFound,
});

/** The frame with a page in it; for who is not signed in, the page of sign-in, or over a page that was in use, a form. */
function Root() {
  const { status, hasBeenIn } = useSession();
  const { pathname, href } = useRouterState({ select: (state) => state.location });
  const navigate = useNavigate();
  const shown = useRouterState({ select: (state) => state.matches.at(-1)?.pathname ?? pathname });
  const isFree = isOutside(shown);
  const isUnknown = status === "out" && !hasBeenIn;
  const isLeaving = isUnknown && !isOutside(pathname);
  useEffect(() => {
    if (isLeaving) navigate({ to: "/login", search: href === "/" ? {} : { next: href }, replace: true });
  }, [isLeaving, href, navigate]);
  if (isFree) return <Outlet />;
  if (isUnknown || status === "left") return null;
  return (
    <>
      <Frame />
      <Suspense>{status === "out" && <SessionOver />}</Suspense>
    </>
  );
}

function Frame() {
  const navigate = useNavigate();
  const [isRail, setRail] = useState(() => stored("rail", isFlag, false));
  const [opened, setOpened] = useState<"palette" | "keys" | null>(null);
  const pages: Shortcut[] = usePages()
    .flat()
    .flatMap((entry) =>
      entry.key
        ? [{ keys: `g ${entry.key}`, label: entry.label, group: "Go to", run: () => navigate({ to: entry.to }) }]
        : [],
    );
  useShortcuts([
    ...pages,
    {
      keys: "ctrl+k",
      label: "Find or do",
      group: "Everywhere",
      whileTyping: true,
      run: () => setOpened(opened ? null : "palette"),
    },
    { keys: "?", label: "All keys", group: "Everywhere", run: () => setOpened("keys") },
    { keys: "[", label: "Navigation wide or narrow", group: "Everywhere", run: () => toggleRail() },
    { keys: "t", label: "Theme light or dark", group: "Everywhere", run: toggleTheme },
  ]);
  const toggleRail = () => {
    store("rail", !isRail);
    setRail(!isRail);
  };
  const close = (isOpen: boolean) => !isOpen && setOpened(null);
  return (
    <div className="flex h-full max-sm:flex-col">
      <Side isRail={isRail} onFind={() => setOpened("palette")} />
      <Outlet />
      <TabBar onFind={() => setOpened("palette")} />
      <Toaster />
      <UnderWay />
      <Suspense>
        {opened === "palette" && <Palette open onOpenChange={close} />}
        {opened === "keys" && <KeysDialog open onOpenChange={close} />}
      </Suspense>
    </div>
  );
}

function toggleTheme(): void {
  chooseTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

function NotFound() {
  return (
    <Page title="There is no such page">
      <p className="px-4 py-6">
        The address names no page of Strøm.{" "}
        <Link to="/" className="text-accent underline">
          Go home
        </Link>
      </p>
    </Page>
  );
}
