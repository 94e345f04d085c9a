//! The words that are written on signs and other things.

/// Words of two to five letters.
const WORDS: &str = "\
GO UP ON IN NO OK HI ME WE IT BE DO AM PM TO BY SO OR IF AT AS AN OF MY US TV OX \
CAT DOG CAR BUS BOX SUN HAT CUP KEY BAG BED EGG ICE TEA PIE JAM NUT OIL BAR BAY BEE BIG BUY CAN COW \
CUT DAY DRY EAR EAT END EYE FAN FAR FIT FLY FOX FUN GAS GET GUM GYM HAM HEN HOT HOW INK JAR JET JOB JOY \
KID KIT LAB LEG LET LIP LOG LOW MAP MAT MEN MIX MUD NET NEW NOW OAK OLD ONE OUT OWL PAN PAY PEN PET PIG \
PIN POP POT PUB RAW RED RUN SAD SAW SEA SET SHE SIT SIX SKI SKY SPA TAX TEN TIE TIP TOP TOY TRY TWO USE \
VAN WAR WAX WAY WEB WET WHO WHY WIN WOW YES YOU ZIP ZOO AIR ART ASH BAT BOY ANT APE ARM AXE BIT BOW FEE \
OPEN STOP EXIT SALE HELP FREE PUSH PULL TAXI BANK FOOD CAFE ROAD PARK SHOP GOLD LOVE BABY BACK BALL BAND \
BATH BEAR BEEF BELL BEST BIKE BIRD BLUE BOAT BODY BOOK BOSS BOWL CAKE CALL CAMP CARD CARE CASH CHEF CITY \
CLUB COAT COLD COOL CORN CROW CUBE DARK DATE DEER DESK DIET DOOR DOWN DRUM DUCK EAST EASY EDGE FACE FAIR \
FARM FAST FILM FIRE FISH FIVE FLAG FOOT FOUR FROG FUEL GAME GATE GIFT GIRL GOAT GOOD GRAY GYRO HAIR HALL \
HAND HEAT HERO HIGH HILL HOME HOPE HOTEL HOUR IDEA IRON JAZZ JUMP KEEP KIND KING KISS KITE LADY LAKE LAMP \
LAND LEFT LIFE LIFT LINE LION LIVE LOCK LONG LUCK MAIL MAIN MALL MARS MEAT MENU MILK MIND MINT MOON MUSIC \
NAME NEWS NEXT NICE NINE NORTH NOTE OVEN PAGE PATH PEAR PINK PLAN PLAY PLUM POLO POOL PORT POST RAIN READ \
REST RICE RING ROCK ROOM ROPE ROSE SAFE SALT SAND SEAT SHIP SHOE SHOW SIDE SIGN SILK SLOW SNOW SOAP SOFT \
SOLD SONG SOUP SPOT STAR SURF SWIM TEAM TENT TIME TOUR TOWN TRIP TREE TUNA TURN VASE VIEW VOTE WAIT WALK \
WALL WARM WASH WAVE WEST WIND WINE WISH WOLF WOOD WORD YARD YEAR YOGA ZERO ZONE \
APPLE BEACH BLACK BREAD BRICK BROWN CANDY CHAIR CLEAN CLOCK CLOUD COAST CREAM CROWN DANCE DREAM \
DRINK EAGLE EARTH EIGHT ENTER FIELD FIRST FLOOR FLUTE FRESH FRUIT GHOST GIANT GLASS GRAND GRAPE GRASS \
GREEN GUARD GUEST HAPPY HEART HONEY HORSE HOUSE JUICE KNIFE LEMON LIGHT LUCKY LUNCH MAGIC MANGO METAL \
METRO MONEY MOUSE MOUTH NIGHT OCEAN OLIVE ONION PAPER PARTY PASTA PEACE PHONE PIANO PIZZA PLANT PLATE \
POWER PRICE PRIZE QUEEN QUICK QUIET RADIO RIVER ROBOT ROUND ROYAL SALAD SEVEN SHARK SHARP SHEEP SHIRT \
SMALL SMILE SMOKE SNAKE SOLAR SOUTH SPACE SPOON SPORT STAMP STONE STORE STORM SUGAR SUNNY SWEET TABLE \
THANK THREE TIGER TOAST TODAY TOWER TRAIN TRUCK VIDEO VOICE WAGON WATCH WATER WHALE WHEEL WHITE WORLD ZEBRA";

/// Every word.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    WORDS.split_whitespace()
}

/// How many letters of two words of one length differ.
pub(super) fn differing(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).filter(|(x, y)| x != y).count()
}

#[cfg(test)]
mod tests {
    use super::super::split::Split;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_many_words_each_once_of_two_to_five_capitals() {
        let words: Vec<&str> = all().collect();
        let distinct: HashSet<&str> = words.iter().copied().collect();
        assert!(words.len() > 450, "{}", words.len());
        assert_eq!(distinct.len(), words.len());
        for word in words {
            assert!((2..=5).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|b| b.is_ascii_uppercase()), "{word}");
        }
    }

    #[test]
    fn the_test_set_writes_other_words_in_letters_that_training_knows() {
        let of = |split: Split| all().filter(|w| split.writes(w)).collect::<HashSet<_>>();
        let (training, test) = (of(Split::Training), of(Split::Test));
        assert!(training.is_disjoint(&test));
        assert!(test.len() >= 60, "{}", test.len());
        let letters: HashSet<char> = training.iter().flat_map(|w| w.chars()).collect();
        assert_eq!(letters.len(), 26);
    }
}
