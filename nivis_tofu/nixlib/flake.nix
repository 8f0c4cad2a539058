{
  description = "The Nix library of Nivis";

  outputs = { self }: { lib = import ./.; };
}
