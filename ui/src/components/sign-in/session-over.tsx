import { useMe } from "@/api/me";
import { Modal, ModalTitle } from "@/components/ui/dialog";
import { SignIn } from "./sign-in";

/** Lies over the page when the session is over, and leaves it as it is: what was typed is there after signing in again. */
export default function SessionOver() {
  const me = useMe();
  return (
    <Modal
      open
      onOpenChange={() => undefined}
      className="inset-0 z-[60] grid place-items-center overflow-auto bg-canvas p-4"
    >
      <div className="grid w-full max-w-[320px] gap-3">
        <ModalTitle className="font-semibold text-16">Your session is over</ModalTitle>
        <p className="text-text-2">Sign in to go on where you were. What you typed is kept.</p>
        <SignIn next={location.pathname + location.search + location.hash} email={me?.email} />
      </div>
    </Modal>
  );
}
