import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { configQuery } from "@/api/config";
import { queryClient } from "@/api/queryClient";
import { startLive } from "@/live/start";
import { setUpSession } from "@/session/session";
import { router } from "./router";
import "./styles/app.css";

setUpSession(async () => (await queryClient.ensureQueryData(configQuery)).auth_required);
startLive(queryClient);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
