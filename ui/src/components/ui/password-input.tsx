import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { Input } from "./input";

type Props = Omit<ComponentProps<"input">, "type" | "onKeyDown" | "onKeyUp" | "onBlur">;

/** A field for a password, which can be looked at. It tells that Caps Lock is on. */
export function PasswordInput(props: Props) {
  const [isShown, setShown] = useState(false);
  const [isCaps, setCaps] = useState(false);
  const look = (event: React.KeyboardEvent) => setCaps(event.getModifierState("CapsLock"));
  const Icon = isShown ? EyeOff : Eye;
  return (
    <span className="block">
      <span className="relative block">
        <Input
          {...props}
          type={isShown ? "text" : "password"}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          onKeyDown={look}
          onKeyUp={look}
          onBlur={() => setCaps(false)}
          className="pr-9"
        />
        <button
          type="button"
          aria-label="Show the password"
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
          className="absolute inset-y-0 right-0 grid w-9 place-items-center rounded-2 text-text-3 hover:text-text"
        >
          <Icon size={15} aria-hidden />
        </button>
      </span>
      <span role="status" className="mt-1 block text-12 text-waiting empty:hidden">
        {isCaps && "Caps Lock is on."}
      </span>
    </span>
  );
}
