import { Ellipsis } from "lucide-react";
import { useState } from "react";
import {
  type ServiceAccountChange,
  type ServiceAccountItem,
  useCreateServiceKey,
  useDeleteServiceKey,
} from "@/api/service-accounts";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { Section } from "@/components/ui/section";
import { KeyTable } from "./key-table";
import { NewKeyDialog } from "./new-key-dialog";
import { ServiceAccountDialog } from "./service-account-dialog";

/** An account of a program, with its keys. */
export function ServiceAccount({ account }: { account: ServiceAccountItem }) {
  const [opened, setOpened] = useState<"key" | ServiceAccountChange["act"] | null>(null);
  const createKey = useCreateServiceKey(account.name);
  const deleteKey = useDeleteServiceKey(account.name);
  const { name, keys, groups } = account;
  const close = () => {
    setOpened(null);
    createKey.reset();
  };
  return (
    <Section
      title={name}
      remark={[groups.join(", ") || "in no group", account.is_disabled && "disabled"].filter(Boolean).join(" · ")}
      actions={
        <>
          <Button size="sm" aria-label={`New key of ${name}`} onClick={() => setOpened("key")}>
            New key
          </Button>
          <Menu
            align="end"
            trigger={
              <Button variant="quiet" size="icon-sm" aria-label={`Verbs for ${name}`}>
                <Ellipsis size={14} />
              </Button>
            }
          >
            <MenuItem onSelect={() => setOpened("groups")}>Change groups…</MenuItem>
            <MenuItem onSelect={() => setOpened("disabled")}>{account.is_disabled ? "Enable…" : "Disable…"}</MenuItem>
            <MenuItem isDanger onSelect={() => setOpened("delete")}>
              Delete…
            </MenuItem>
          </Menu>
        </>
      }
    >
      {keys.length === 0 ? (
        <p className="px-4 pb-3 text-text-3">It has no key, and so cannot sign in.</p>
      ) : (
        <KeyTable keys={keys} label={`Keys of ${name}`} remove={deleteKey} />
      )}
      {opened === "key" && <NewKeyDialog owner={name} create={createKey} onClose={close} />}
      {opened && opened !== "key" && <ServiceAccountDialog act={opened} account={account} onClose={close} />}
    </Section>
  );
}
