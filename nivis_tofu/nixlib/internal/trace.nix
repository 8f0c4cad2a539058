/**
  What the library adds to Nix's traces: words, and where the command line evaluates, data in their place.

  So that what an error is about is never read off a sentence.
*/
let
  inherit (builtins)
    addErrorContext
    concatMap
    concatStringsSep
    filter
    head
    nixPath
    tail
    toJSON
    unsafeDiscardStringContext
    ;

  # Only nivis has a ledger on Nix's search path. Where that lies marks a step as the library's: no flake says it.
  ledgers = filter (entry: entry.prefix or "" == "nivis-ledger") nixPath;
  told = ledgers != [ ];

  step = words: data: if told then "nivis-step ${toJSON ([ (head ledgers).path ] ++ data)}" else words;

  at =
    pos:
    if pos == null then
      null
    else
      [
        (unsafeDiscardStringContext (toString pos.file))
        pos.line
        pos.column
      ];

  line = pos: concatStringsSep ":" (map toString (at pos));

  written = pos: if pos == null then "" else " (written at ${line pos})";

  failWith =
    details: message:
    if told then
      addErrorContext (step message [
        "error"
        message
        details
      ]) (throw message)
    else
      throw message;
in
{
  /** Whether the command line evaluates. It hides what is sensitive, and writes none of it down. */
  inherit told;

  /** An error in the value arises while doing this with `subject`, which was written at `pos` (or null). */
  doing =
    what: subject: pos:
    addErrorContext (
      step "while ${what} ${subject}${written pos}" [
        "doing"
        what
        subject
        (at pos)
      ]
    );

  /** An error in the value is one of the argument `name`. */
  argument =
    name: pos:
    addErrorContext (
      step "while checking the argument '${name}'${written pos}" [
        "argument"
        name
        (at pos)
      ]
    );

  /** An error in the value is the fault of a variable: `missing`, `refused` or `unreadable`. */
  variable =
    what: name: type: words:
    addErrorContext (
      step words [
        "variable"
        what
        name
        type
      ]
    );

  /** An error of the library's own. */
  fail = failWith { };

  /** The same, for a name that is none of `known`. */
  failNaming = name: known: failWith { inherit name known; };

  /** Several problems at once, `{ text, at }` with the places of each. */
  failAll =
    prefix: problems:
    let
      all = [ ((head problems) // { text = "${prefix}: ${(head problems).text}"; }) ] ++ tail problems;
      rows = p: [ p.text ] ++ map (pos: "  at ${line pos}") p.at;
    in
    failWith {
      problems = map (p: {
        inherit (p) text;
        at = map at p.at;
      }) all;
    } (concatStringsSep "\n  " (concatMap rows all));
}
