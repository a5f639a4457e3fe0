import { expect, it } from "vitest";
import { patchFiles } from "./patch";

it("parts a patch by its files", () => {
  const patch = `diff --git a/b c.sh b/b c.sh
--- a/b c.sh
+++ b/b c.sh
@@ -1,1 +1,2 @@
 echo
+-- more
diff --git a/empty b/empty
new file mode 100644
index 0000000..e69de29
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1,1 +0,0 @@
-diff --git
`;
  expect(patchFiles(patch)).toEqual([
    { path: "b c.sh", change: "changed", lines: ["@@ -1,1 +1,2 @@", " echo", "+-- more"] },
    { path: "empty", change: "added", lines: [] },
    { path: "gone", change: "removed", lines: ["@@ -1,1 +0,0 @@", "-diff --git"] },
  ]);
  expect(patchFiles("")).toEqual([]);
});
