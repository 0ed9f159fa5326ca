#!/usr/bin/env bash
# llvm.maximum and llvm.minimum are in the language that llvmlite 0.44 (numba 0.61, LLVM 15) reads and verifies, but on x86 no machine code
# can be made of them: the process is aborted, which no `except` sees. From llvmlite 0.45 (numba 0.62, LLVM 20) on it works.
# Expected: an exception, or code. Seen: "LLVM ERROR: Cannot select ... fmaximum" and SIGABRT. On other processors there is code in both.
set -euo pipefail
[ "$(uname -m)" = x86_64 ] || { echo "only on x86"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/emit.py" <<'PROGRAM'
import llvmlite
import llvmlite.binding as llvm

if llvmlite.__version__ < "0.45":
    llvm.initialize()
llvm.initialize_native_target()
llvm.initialize_native_asmprinter()
module = llvm.parse_assembly("""
declare float @llvm.maximum.f32(float, float)
define float @larger(float %a, float %b) {
  %c = call float @llvm.maximum.f32(float %a, float %b)
  ret float %c
}
""")
module.verify()
print("verified", flush=True)
machine = llvm.Target.from_default_triple().create_target_machine()
print(len(machine.emit_object(module)) > 0, flush=True)
PROGRAM
for version in 0.44.0 0.45.1; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install -q "llvmlite==$version"
    code=0
    "$folder/$version/bin/python" "$folder/emit.py" > "$folder/out" 2>&1 || code=$?
    echo "llvmlite $version ends with $code: $(tr '\n' ' ' < "$folder/out" | cut -c 1-120)"
    grep -q verified "$folder/out"
    if [ "$version" = 0.44.0 ]; then
        [ "$code" = 134 ] && grep -q "Cannot select" "$folder/out"
    else
        [ "$code" = 0 ] && grep -q True "$folder/out"
    fi
done
