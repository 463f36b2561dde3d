"""AWS names to C++ names."""
import re

# Words that the letter-case rules would cut wrongly.
WORDS = [("SSEKMS", "SseKms"), ("CRC32C", "Crc32c"), ("CRC64NVME", "Crc64nvme"), ("ETag", "Etag"), ("IPv", "Ipv"),
         ("XXHASH", "Xxhash")]

KEYWORDS = set("""alignas alignof and asm auto bool break case catch char class concept const constexpr continue
 decltype default delete do double else enum explicit export extern false final float for friend goto if import inline
 int long module mutable namespace new noexcept not nullptr operator or override private protected public register
 requires return short signed sizeof static struct switch template this throw true try typedef typename union unsigned
 using virtual void volatile while xor""".split())

# What every generated struct declares itself.
TAKEN = {"type"}


def snake_case(name):
    """QueueUrl -> queue_url, AWSAccountIds -> aws_account_ids, MD5OfBody -> md5_of_body, ARNs -> arns."""
    for word, spelling in WORDS:
        name = name.replace(word, spelling)
    name = re.sub(r"[^A-Za-z0-9]+", "_", name)
    name = re.sub(r"([A-Z]{2,})s(?=[A-Z]|$)", lambda m: m[1].capitalize() + "s", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return name.lower()


def member_name(name):
    """The C++ member. Names that C++ or the struct needs get a trailing underscore: default_, type_."""
    snake = snake_case(name)
    return snake + "_" if snake in KEYWORDS or snake in TAKEN else snake


def fault_name(name):
    """InvalidVpcID.NotFound -> InvalidVpcIDNotFound."""
    return re.sub(r"[^A-Za-z0-9]", "", name)


def quoted(text):
    """A C++ string literal."""
    out = []
    for char in text:
        code = ord(char)
        if char in '\\"':
            out.append("\\" + char)
        elif 32 <= code < 127:
            out.append(char)
        else:
            out.extend(f"\\{byte:03o}" for byte in char.encode())
    return '"' + "".join(out).replace("??", "?\\?") + '"'
